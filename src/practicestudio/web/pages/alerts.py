"""Settings > Alerts: what is watched and from which threshold on, who is told, and what was wrong so far; of a practice, or of the installation."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.responses import Response

from practicestudio.access.actors import name_actors
from practicestudio.access.rights import Right
from practicestudio.errors import IntegrationError, InvalidFields, InvalidValue
from practicestudio.monitor.alerts import list_alerts, notes_of, open_alerts
from practicestudio.monitor.channels import SCHEMES, drop_channel, list_channels, put_channel
from practicestudio.monitor.notices import notices
from practicestudio.monitor.rounds import INSTALLATION
from practicestudio.monitor.tell import channel_faults, send_test
from practicestudio.practices import configuration
from practicestudio.practices.alert_rules import RULES, SECTION, SEVERITIES, WEEKDAYS, RuleKind, Severity
from practicestudio.practices.forms.alert_rules import entered, read_rules
from practicestudio.practices.practice import Practice
from practicestudio.web.acts import BY_RULE
from practicestudio.web.guard import PracticeVisit, Visit, allowed, allowed_everywhere
from practicestudio.web.rendering import go, page
from practicestudio.web.sheets import Sheet, filled, save, sheet_of, shown_again

if TYPE_CHECKING:
    from practicestudio.store.database import Transaction

router = APIRouter()
OF_PRACTICE, OF_ALL = "/practices/{practice}/settings/alerts", "/settings/alerts"

PRACTICE_RULES = tuple(kind for kind in RULES if not kind.installation)
SHARED_RULES = tuple(kind for kind in RULES if kind.installation or kind.name == "audit_unsealed")
KEPT_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Place:
    """Whose alerts the page is about: those of a practice, or of what all practices share."""

    visit: Visit
    practice: Practice
    kinds: Sequence[RuleKind]
    address: str
    may_change: bool

    def transaction(self) -> "AbstractAsyncContextManager[Transaction]":
        """A transaction on the place's data."""
        return self.visit.services.database.practice(self.practice.id, origin=self.visit.origin)


def _of_practice(visit: PracticeVisit) -> Place:
    return Place(visit, visit.practice, PRACTICE_RULES, f"{visit.root}/settings/alerts", visit.may(Right.SETTINGS_CHANGE))


def _of_all(visit: Visit) -> Place:
    return Place(visit, INSTALLATION, SHARED_RULES, OF_ALL, may_change=True)


@router.get(OF_PRACTICE)
async def show(visit: Annotated[PracticeVisit, allowed(Right.SETTINGS_VIEW)], before: UUID | None = None) -> Response:
    """A practice's rules, channels and alerts."""
    return await _show(_of_practice(visit), before=before)


@router.post(OF_PRACTICE)
async def put_rules(visit: Annotated[PracticeVisit, allowed(Right.SETTINGS_CHANGE)]) -> Response:
    """Set a practice's rules."""
    place, sent = _of_practice(visit), await filled(visit.request)
    entries = sent.entries
    wanted = [sent.wanted(SECTION, name, value) for name, value in read_rules(entries, place.kinds).items()]

    async def again(sheet: Sheet, status: int) -> Response:
        return await _show(place, sheet, status)

    return await save(visit, sent, entries, wanted, again, place.address)


@router.get(OF_ALL)
async def show_of_all(visit: Annotated[Visit, allowed_everywhere(Right.SETTINGS_CHANGE)], before: UUID | None = None) -> Response:
    """The installation's rules, channels and alerts."""
    return await _show(_of_all(visit), before=before)


@router.post(OF_ALL)
async def put_rules_of_all(visit: Annotated[Visit, allowed_everywhere(Right.SETTINGS_CHANGE)]) -> Response:
    """Set the installation's rules."""
    place, sent = _of_all(visit), await filled(visit.request)
    entries = sent.entries
    values = read_rules(entries, place.kinds)
    try:
        entries.close()
    except InvalidFields as error:
        return await _show(place, shown_again(sent, error.faults), 422)
    async with place.transaction() as transaction:
        for name, value in values.items():
            await configuration.put(transaction, SECTION, name, value, visit.caller.actor)
    return go(visit, place.address, "The rules are saved.")


Name = Annotated[str, Form()]
Least = Annotated[str, Form()]
Address = Annotated[str, Form()]
Told = Annotated[str, Form()]


@router.post(OF_PRACTICE + "/channels")
async def put(
    visit: Annotated[PracticeVisit, allowed(Right.SETTINGS_CHANGE)],
    name: Name = "",
    least: Least = "warning",
    address: Address = "",
    told: Told = "",
    channel: Annotated[UUID | None, Form()] = None,
) -> Response:
    """Add a channel, or change one."""
    return await _put_channel(_of_practice(visit), name, least, address, told, channel)


@router.post(OF_PRACTICE + "/channels/{channel}/test")
async def test(visit: Annotated[PracticeVisit, allowed(Right.SETTINGS_CHANGE)], channel: UUID) -> Response:
    """Send a test message to a channel."""
    return await _test_channel(_of_practice(visit), channel)


@router.post(OF_PRACTICE + "/channels/{channel}/remove")
async def remove(visit: Annotated[PracticeVisit, allowed(Right.SETTINGS_CHANGE)], channel: UUID) -> Response:
    """Remove a channel."""
    return await _remove_channel(_of_practice(visit), channel)


@router.post(OF_ALL + "/channels")
async def put_of_all(
    visit: Annotated[Visit, allowed_everywhere(Right.SETTINGS_CHANGE)],
    name: Name = "",
    least: Least = "warning",
    address: Address = "",
    told: Told = "",
    channel: Annotated[UUID | None, Form()] = None,
) -> Response:
    """Add a channel of the installation, or change one."""
    return await _put_channel(_of_all(visit), name, least, address, told, channel)


@router.post(OF_ALL + "/channels/{channel}/test")
async def test_of_all(visit: Annotated[Visit, allowed_everywhere(Right.SETTINGS_CHANGE)], channel: UUID) -> Response:
    """Send a test message to a channel of the installation."""
    return await _test_channel(_of_all(visit), channel)


@router.post(OF_ALL + "/channels/{channel}/remove")
async def remove_of_all(visit: Annotated[Visit, allowed_everywhere(Right.SETTINGS_CHANGE)], channel: UUID) -> Response:
    """Remove a channel of the installation."""
    return await _remove_channel(_of_all(visit), channel)


async def _put_channel(place: Place, name: str, least: str, address: str, told: str, channel: UUID | None) -> Response:
    try:
        async with place.transaction() as transaction:
            await put_channel(
                transaction,
                name=name,
                least=_severity(least),
                by=place.visit.caller.actor,
                address=address or None,
                enabled=channel is None or bool(told),
                channel_id=channel,
            )
    except InvalidValue as error:
        typed = {"name": name, "least": least, "channel": channel, "sentence": error.sentence}
        return await _show(place, status=422, typed=typed)
    said = "The channel is saved." if channel else "The channel is added. Send a test message to see that it arrives."
    return go(place.visit, f"{place.address}#channels", said)


def _severity(text: str) -> Severity:
    return next((one for one in SEVERITIES if one == text), "warning")


async def _test_channel(place: Place, channel: UUID) -> Response:
    try:
        async with place.transaction() as transaction:
            await send_test(transaction, place.practice, channel)
    except IntegrationError as error:
        return await _show(place, status=502, untold=error.sentence)
    return go(place.visit, f"{place.address}#channels", "The service took the test message. See that it arrived.")


async def _remove_channel(place: Place, channel: UUID) -> Response:
    async with place.transaction() as transaction:
        await drop_channel(transaction, channel, place.visit.caller.actor)
    return go(place.visit, f"{place.address}#channels", "The channel is removed.")


async def _show(
    place: Place,
    sheet: Sheet | None = None,
    status: int = 200,
    *,
    before: UUID | None = None,
    typed: dict[str, Any] | None = None,
    untold: str = "",
) -> Response:
    """The page. typed: what was entered of a channel that could not be saved, with why; untold: why a test message was not taken."""
    now = place.visit.services.clock()
    async with place.transaction() as transaction:
        section = (await configuration.read(transaction)).get(SECTION, {})
        channels = await list_channels(transaction)
        kept = await list_alerts(transaction, before=before, limit=KEPT_SHOWN + 1)
        notes = await notes_of(transaction, [one.id for one in kept])
        opened = notices([], await open_alerts(transaction))
        faults = await channel_faults(transaction, now)
    actors = [one.acknowledged_by for one in kept] + [one.changed_by for one in channels]
    return page(
        place.visit,
        "alerts.html",
        status=status,
        place=place,
        sheet=sheet or sheet_of(entered(place.kinds, section), {(SECTION, kind.name): section.get(kind.name) for kind in place.kinds}),
        channels=channels,
        channel_names={one.id: one.name for one in channels},
        channel_faults=faults,
        kept=kept[:KEPT_SHOWN],
        older=kept[KEPT_SHOWN - 1].id if len(kept) > KEPT_SHOWN else None,
        newer=before is not None,
        notes=notes,
        wrong=[one for one in opened if not one.settling] or opened,
        acts=BY_RULE,
        names=await name_actors(place.visit.services.database, actors),
        severities=SEVERITIES,
        weekdays=WEEKDAYS,
        schemes=SCHEMES,
        typed=typed,
        untold=untold,
        now=now,
    )
