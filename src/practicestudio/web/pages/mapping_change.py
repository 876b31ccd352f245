"""Field mappings: one change of the mapping, tried on a real record before it is saved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from practicestudio.access.rights import Right
from practicestudio.errors import FieldFault, InvalidFields, Misconfigured
from practicestudio.mapping import ALL_CODE_TABLES, Override, override_to_row
from practicestudio.mapping.in_force import OVERRIDABLE
from practicestudio.mapping.override_faults import MAPS
from practicestudio.practices.fields import entered
from practicestudio.practices.forms.overrides import FORMS, read
from practicestudio.sync.change_mapping import put_override, read_mapping, remove_override, with_override
from practicestudio.sync.change_settings import ChangedMeanwhile
from practicestudio.sync.try_mapping import Sample, last_received, newest_received, pasted, try_mapping
from practicestudio.sync.weigh_mapping import weigh_mapping
from practicestudio.web.guard import PracticeVisit, allowed
from practicestudio.web.pages.mappings import CODES, MAPPINGS, OWN, change_of, mark_of
from practicestudio.web.rendering import go, page
from practicestudio.web.sheets import Filled, Sheet, filled, sheet_of, shown_again

router = APIRouter(prefix="/practices/{practice}" + MAPPINGS)

PLACE = ("map", "ours", "table", "external_id", "athena")
"""What a change is about, beside its form's own fields."""

RecordKind = Literal["patient", "appointment"]
SOURCES = (("last", "What was received last"), ("record", "A record by its id here"), ("pasted", "Pasted JSON"))


@dataclass(frozen=True, slots=True)
class Pending:
    """The overrides as they would be with a change. override: the change, None where the mapping is tried as it is."""

    overrides: Sequence[Override]
    override: Override | None


@router.get("/change")
async def ask_change(
    visit: Annotated[PracticeVisit, allowed(Right.SETTINGS_VIEW)],
    change: Annotated[str, Query(max_length=20)] = "field",
    of: Annotated[str, Query(max_length=16)] = "",
) -> Response:
    """The form for one change: a new one at the place that the address names, or `of` the mark of one that is in force."""
    query = {name: value[:200] for name, value in visit.request.query_params.items() if name in PLACE}
    known = _marked(await _overrides(visit), of)
    if of and known is None:
        return go(visit, f"{visit.root}{MAPPINGS}", "Somebody else changed or removed this meanwhile.")
    kind = change_of(known) if known is not None else change if change in FORMS else "field"
    given: dict[str, Any] = {**_start(kind), **query}
    if known is not None:
        row = override_to_row(known)
        given |= {name: str(row[name] or "") for name in PLACE if name in row} | entered(FORMS[kind][1], row)
    return await _show_form(visit, sheet_of({**given, "change": kind, "of": of}, {}))


@router.post("/change")
async def put_change(visit: Annotated[PracticeVisit, allowed(Right.SETTINGS_CHANGE)]) -> Response:
    """Put the change in force."""
    sent = await filled(visit.request)
    entries = sent.entries
    override = read(entries)
    instead = _marked(await _overrides(visit), entries.text("of"))
    try:
        entries.close()
        if entries.text("of") and instead is None:
            raise InvalidFields([FieldFault("override", "Somebody else changed or removed this meanwhile. Look at what is in force now.")])
        async with visit.transaction() as transaction:
            await put_override(transaction, override, visit.caller.actor, instead_of=instead)
    except InvalidFields as error:
        return await _show_form(visit, shown_again(sent, error.faults), 422)
    return go(visit, _list_of(visit, override), "The mapping is changed. It holds for whatever comes or is sent from now on.")


@router.post("/remove")
async def remove(visit: Annotated[PracticeVisit, allowed(Right.SETTINGS_CHANGE)]) -> Response:
    """Take an override out of force."""
    known = _marked(await _overrides(visit), (await filled(visit.request)).entries.text("of"))
    if known is None:
        return go(visit, f"{visit.root}{MAPPINGS}", "It is not in force any more.")
    try:
        async with visit.transaction() as transaction:
            await remove_override(transaction, known, visit.caller.actor)
    except (InvalidFields, ChangedMeanwhile) as error:
        return go(visit, _list_of(visit, known), error.sentence)
    return go(visit, _list_of(visit, known), "It is removed. The history of the settings takes it back with one click.")


@router.get("/try")
async def ask_try(visit: Annotated[PracticeVisit, allowed(Right.MAPPING_TRY)], kind: RecordKind = "patient", record: UUID | None = None) -> Response:
    """The mapping as it is in force, to be tried on a record."""
    given = {"kind": kind, "source": "record" if record else "last", "record": str(record or "")}
    return page(visit, "mappings/try.html", sheet=sheet_of(given, {}), sources=SOURCES, kinds=get_args(RecordKind))


@router.post("/try")
async def show_try(visit: Annotated[PracticeVisit, allowed(Right.MAPPING_TRY)]) -> Response:
    """A record through the mapping with the change that is not saved yet."""
    sent = await filled(visit.request)
    try:
        pending = await _pending(visit, sent)
        async with visit.transaction() as transaction:
            sample = await _sample(transaction, sent)
            trial = await try_mapping(transaction, sample, pending.overrides, visit.caller.actor)
    except (InvalidFields, Misconfigured) as error:
        return page(visit, "mappings/trial.html", block="trial", status=422, trial=None, impact=None, refused=error.sentence)
    return page(visit, "mappings/trial.html", block="trial", trial=trial, impact=None, refused="", pending=pending.override is not None)


@router.post("/weigh")
async def show_weight(visit: Annotated[PracticeVisit, allowed(Right.MAPPING_TRY)]) -> Response:
    """What the change would make of the records that came last, in counts."""
    sent = await filled(visit.request)
    try:
        pending = await _pending(visit, sent)
        async with visit.transaction() as transaction:
            impact = await weigh_mapping(transaction, _kind(sent), pending.overrides, visit.caller.actor)
    except (InvalidFields, Misconfigured) as error:
        return page(visit, "mappings/trial.html", block="trial", status=422, trial=None, impact=None, refused=error.sentence)
    return page(visit, "mappings/trial.html", block="trial", trial=None, impact=impact, refused="")


async def _pending(visit: PracticeVisit, sent: Filled) -> Pending:
    """Raises InvalidFields where what is entered is no override."""
    overrides = await _overrides(visit)
    if "change" not in sent.given:
        return Pending(overrides, None)
    entries = sent.entries
    override = read(entries)
    entries.close()
    known = _marked(overrides, entries.text("of"))
    return Pending(overrides if override == known else with_override(overrides, override, known), override)


async def _sample(transaction: Any, sent: Filled) -> Sample:
    entries, kind = sent.entries, _kind(sent)
    match entries.text("source"):
        case "pasted":
            return pasted(kind, entries.text("pasted"))
        case "record":
            try:
                return await last_received(transaction, kind, UUID(entries.text("record")))
            except ValueError:
                raise InvalidFields(
                    [FieldFault("record", "This is not an id of a record here. It stands in the address of the record's page.")]
                ) from None
    return await newest_received(transaction, kind)


def _kind(sent: Filled) -> RecordKind:
    entries = sent.entries
    return "appointment" if "appointment" in (entries.text("kind"), entries.text("map")) else "patient"


async def _overrides(visit: PracticeVisit) -> Sequence[Override]:
    async with visit.transaction() as transaction:
        return (await read_mapping(transaction)).overrides


def _marked(overrides: Sequence[Override], mark: str) -> Override | None:
    return next((one for one in overrides if mark and mark_of(one) == mark), None)


def _start(kind: str) -> dict[str, str]:
    """What stands in the fields of a new change."""
    return {field.name: field.choices[0][0] for field in FORMS[kind][1] if field.choices}


def _list_of(visit: PracticeVisit, override: Override) -> str:
    row = override_to_row(override)
    return f"{visit.root}{MAPPINGS}?map={row.get('map') or (CODES if 'table' in row else OWN)}"


async def _show_form(visit: PracticeVisit, sheet: Sheet, status: int = 200) -> Response:
    kind = sheet.value("change") if sheet.value("change") in FORMS else "field"
    async with visit.transaction() as transaction:
        found = await read_mapping(transaction)
    table = next((one for one in ALL_CODE_TABLES if one.name == sheet.value("table")), None)
    own = next((one for one in found.custom_fields if one.external_id == sheet.value("external_id")), None)
    row = next((one for fields, rows in found.maps if fields.name == sheet.value("map") for one in rows if one.ours == sheet.value("ours")), None)
    return page(
        visit,
        "mappings/change.html",
        status=status,
        sheet=sheet,
        kind=kind,
        title=FORMS[kind][0],
        fields=FORMS[kind][1],
        about={name: sheet.value(name) for name in PLACE},
        row=row,
        table=table,
        own=own,
        values=dict.fromkeys(code.ours for code in table.rows) if table else {},
        others=_others(kind, sheet),
        maps={name: sorted({row.ours for row in MAPS[name].rows if row.direction != "not kept"}) for name in OVERRIDABLE},
        sources=SOURCES,
        records="appointment" if sheet.value("map") == "appointment" else "patient",
    )


def _others(kind: str, sheet: Sheet) -> Mapping[str, str]:
    """Other kinds of change of the same field."""
    if not sheet.value("ours") or sheet.value("of"):
        return {}
    return {one: FORMS[one][0] for one in ("field", "leave_out", "default", "rule") if one != kind}
