"""Settings > Integrations > athenahealth: what is synchronised, whose value stands, what becomes of a lane, what may be booked."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter
from starlette.responses import Response

from practicestudio.access.rights import Right
from practicestudio.merging import names_of_units
from practicestudio.practices import conflict_rules, lane_policy, scheduling, sync_rules
from practicestudio.practices.configuration import Configuration
from practicestudio.practices.fields import entered
from practicestudio.practices.forms import conflict_rules as conflict_form
from practicestudio.practices.forms import lane_policy as lane_form
from practicestudio.practices.forms import scheduling as booking_form
from practicestudio.practices.forms import sync_rules as sync_form
from practicestudio.practices.forms.schedules import DAYS
from practicestudio.sync.change_settings import read_settings
from practicestudio.sync.setup import setup_of
from practicestudio.web.guard import PracticeVisit, allowed
from practicestudio.web.rendering import page
from practicestudio.web.sheets import ATHENAHEALTH, Filled, Sheet, filled, save, sheet_of

router = APIRouter(prefix="/practices/{practice}" + ATHENAHEALTH)

USUAL_DAY = ("08:00", "17:00")


@router.get("/rules")
async def rules(visit: Annotated[PracticeVisit, allowed(Right.SETTINGS_VIEW)]) -> Response:
    """What is synchronised, and whose value stands."""
    return await _show(visit)


@router.post("/rules/sync")
async def put_sync_rules(visit: Annotated[PracticeVisit, allowed(Right.SETTINGS_CHANGE)]) -> Response:
    """Set what is synchronised."""
    sent = await filled(visit.request)
    entries = sent.entries
    value = sync_rules.to_value(sync_form.read(entries))

    async def show(sheet: Sheet, status: int) -> Response:
        return await _show(visit, {"sync": sheet}, status)

    wanted = sent.wanted(sync_rules.SECTION, sync_rules.NAME, _unless_default(sent, (sync_rules.SECTION, sync_rules.NAME), value, _SYNC_DEFAULT))
    return await save(visit, sent, entries, [wanted], show, f"{visit.root}{ATHENAHEALTH}/rules")


@router.post("/rules/conflicts")
async def put_conflict_rules(visit: Annotated[PracticeVisit, allowed(Right.SETTINGS_CHANGE)]) -> Response:
    """Set whose value stands."""
    sent = await filled(visit.request)
    entries = sent.entries
    found = {kind: conflict_rules.to_value(conflict_form.read(entries, kind)) for kind in conflict_rules.DEFAULTS}
    defaults = {kind: conflict_rules.to_value(one) for kind, one in conflict_rules.DEFAULTS.items()}
    section = conflict_rules.SECTION
    wanted = [sent.wanted(section, kind, _unless_default(sent, (section, kind), value, defaults[kind])) for kind, value in found.items()]

    async def show(sheet: Sheet, status: int) -> Response:
        return await _show(visit, {"conflicts": sheet}, status)

    return await save(visit, sent, entries, wanted, show, f"{visit.root}{ATHENAHEALTH}/rules")


@router.post("/rules/lanes")
async def put_lane_policy(visit: Annotated[PracticeVisit, allowed(Right.SETTINGS_CHANGE)]) -> Response:
    """Set what becomes of what comes after a failed message."""
    sent = await filled(visit.request)
    entries = sent.entries
    found = lane_form.read(entries)
    section = lane_policy.SECTION
    wanted = [sent.wanted(section, kind, _unless_default(sent, (section, kind), value, lane_policy.POLICIES[0])) for kind, value in found.items()]

    async def show(sheet: Sheet, status: int) -> Response:
        return await _show(visit, {"lanes": sheet}, status)

    return await save(visit, sent, entries, wanted, show, f"{visit.root}{ATHENAHEALTH}/rules")


def _unless_default(sent: Filled, named: tuple[str, str], value: Any, default: Any) -> Any:
    """The value to store; None where none was stored and it is the default, so that it keeps following it."""
    return None if sent.seen.get(named) is None and value == default else value


_SYNC_DEFAULT = sync_rules.to_value(sync_rules.SyncRules())


async def _show(visit: PracticeVisit, sheets: Mapping[str, Sheet] | None = None, status: int = 200) -> Response:
    async with visit.transaction() as transaction:
        values = await read_settings(transaction)
    shown = {"sync": _sync_sheet(values), "conflicts": _conflict_sheet(values), "lanes": _lane_sheet(values), **(sheets or {})}
    return page(
        visit,
        "settings/rules.html",
        status=status,
        sheets=shown,
        sync_fields=sync_form.FIELDS,
        units={kind: [(unit, conflict_form.words_of_unit(unit)) for unit in names_of_units(kind)] for kind in conflict_rules.DEFAULTS},
        rules=conflict_form.RULES,
        kinds=lane_policy.KINDS,
        policies=lane_form.WORDS,
    )


def _sync_sheet(values: Configuration) -> Sheet:
    stored = values.get(sync_rules.SECTION, {}).get(sync_rules.NAME)
    known = sync_rules.to_value(sync_rules.from_value(stored))
    return sheet_of(entered(sync_form.FIELDS, known), {(sync_rules.SECTION, sync_rules.NAME): stored})


def _conflict_sheet(values: Configuration) -> Sheet:
    section = values.get(conflict_rules.SECTION, {})
    given = {}
    for kind in conflict_rules.DEFAULTS:
        known = conflict_rules.rules_of(kind, section.get(kind))
        given[f"{kind}.default"] = known.default
        given |= {f"{kind}.by_unit.{unit}": rule for unit, rule in known.by_unit.items()}
    return sheet_of(given, {(conflict_rules.SECTION, kind): section.get(kind) for kind in conflict_rules.DEFAULTS})


def _lane_sheet(values: Configuration) -> Sheet:
    section = values.get(lane_policy.SECTION, {})
    given = {kind: str(section.get(kind, lane_policy.POLICIES[0])) for kind in lane_policy.KINDS}
    return sheet_of(given, {(lane_policy.SECTION, kind): section.get(kind) for kind in lane_policy.KINDS})


@router.get("/booking")
async def booking(visit: Annotated[PracticeVisit, allowed(Right.SETTINGS_VIEW)]) -> Response:
    """What may be booked."""
    return await _show_booking(visit)


@router.post("/booking")
async def put_booking(visit: Annotated[PracticeVisit, allowed(Right.SETTINGS_CHANGE)]) -> Response:
    """Set what may be booked."""
    sent = await filled(visit.request)
    entries = sent.entries
    async with visit.transaction() as transaction:
        providers = list((await setup_of(transaction)).items.providers)
    named = (scheduling.SECTION, scheduling.NAME)
    seen = scheduling.from_value(sent.seen.get(named))
    found = booking_form.read(entries, providers)
    gone = {one: types for one, types in seen.provider_types.items() if one not in providers}  # no longer listed, but not asked about either
    value = scheduling.to_value(scheduling.SchedulingRules({**found.provider_types, **gone}, found.lead, found.ahead, found.hours))
    default = scheduling.to_value(scheduling.SchedulingRules())

    async def show(sheet: Sheet, status: int) -> Response:
        return await _show_booking(visit, sheet, status)

    wanted = sent.wanted(*named, _unless_default(sent, named, value, default))
    return await save(visit, sent, entries, [wanted], show, f"{visit.root}{ATHENAHEALTH}/booking")


async def _show_booking(visit: PracticeVisit, sheet: Sheet | None = None, status: int = 200) -> Response:
    async with visit.transaction() as transaction:
        stored = (await read_settings(transaction)).get(scheduling.SECTION, {}).get(scheduling.NAME)
        items = (await setup_of(transaction)).items
    return page(
        visit,
        "settings/booking.html",
        status=status,
        sheet=sheet or sheet_of(_booking_entered(stored), {(scheduling.SECTION, scheduling.NAME): stored}),
        fields=booking_form.FIELDS,
        providers=sorted(items.providers.values(), key=lambda one: one.name),
        types=sorted(items.appointment_types.values(), key=lambda one: one.name),
        days=DAYS,
    )


def _booking_entered(stored: dict[str, Any] | None) -> dict[str, str | list[str]]:
    value = scheduling.to_value(scheduling.from_value(stored))
    found: dict[str, str | list[str]] = {**entered(booking_form.FIELDS, value), "opening": "hours" if value["hours"] else "always"}
    for provider, types in value["provider_types"].items():
        found |= {f"restricted.{provider}": "on", f"provider_types.{provider}": types}
    for day in range(len(DAYS)):
        first, last = value["hours"].get(str(day), USUAL_DAY)
        found |= {f"hours.{day}.from": first, f"hours.{day}.until": last}
        found |= {f"hours.{day}.open": "on"} if str(day) in value["hours"] or (not value["hours"] and day < 5) else {}
    return found
