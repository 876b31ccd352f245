"""Registering and changing a patient: all faults at once, whoever may be the same person, and never over somebody else's change."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from practicestudio.access.actors import name_actors
from practicestudio.access.rights import Right
from practicestudio.errors import ChangedSince, InvalidFields
from practicestudio.mapping.codes import CONTACT_PREFERENCE, MARITAL_STATUS, PATIENT_STATUS, RELATIONSHIP, SEX
from practicestudio.mapping.rows import CodeTable
from practicestudio.records import Patient
from practicestudio.sync.change_patient import change_patient, create_patient
from practicestudio.sync.look_alike import look_alikes
from practicestudio.sync.look_up import read_patient_to_change
from practicestudio.sync.patient_form import TYPED, as_typed, changed_fields, read_patient
from practicestudio.sync.setup import Setup, setup_of
from practicestudio.web.guard import PracticeVisit, allowed
from practicestudio.web.rendering import go, page

router = APIRouter(prefix="/practices/{practice}/patients")
Changer = Annotated[PracticeVisit, allowed(Right.PATIENTS_CHANGE)]

WAS = "was."
"""What the name of a hidden field begins with that keeps the value somebody saw, for the case that it changed meanwhile."""


@router.get("/new")
async def begin(visit: Changer) -> Response:
    """An empty form."""
    async with visit.transaction() as transaction:
        setup = await setup_of(transaction)
    locations = list(setup.items.locations.values())
    typed = {**as_typed(Patient()), "gender": "", "registration_location_id": str(locations[0].id) if len(locations) == 1 else ""}
    return page(visit, "patient_form.html", **_form(setup, typed))


@router.post("/new")
async def register(visit: Changer) -> Response:
    """Register; whoever may be the same person is shown first, unless that was seen."""
    typed = await _typed(visit)
    async with visit.transaction() as transaction:
        setup = await setup_of(transaction)
        try:
            record = read_patient(typed, Patient(), setup)
        except InvalidFields as fault:
            return page(visit, "patient_form.html", status=422, **_form(setup, typed, faults=fault))
        alike = [] if typed.get("known") == "another" else await look_alikes(transaction, record)
        if alike:
            return page(visit, "patient_form.html", status=409, **{**_form(setup, typed), "alike": alike})
        made = await create_patient(transaction, record, visit.caller.actor)
    return go(visit, f"{visit.root}/patients/{made}", "The patient is registered here, and is being registered at athenahealth.")


@router.get("/{patient}/edit")
async def edit(visit: Changer, patient: UUID) -> Response:
    """The form with the patient's values."""
    async with visit.transaction() as transaction:
        stored = await read_patient_to_change(transaction, patient, visit.caller.actor)
        setup = await setup_of(transaction)
    return page(visit, "patient_form.html", **_form(setup, as_typed(stored.record), stored=stored))


@router.post("/{patient}/edit")
async def change(visit: Changer, patient: UUID) -> Response:
    """Change what was changed in the form, unless somebody else was faster."""
    typed = await _typed(visit)
    async with visit.transaction() as transaction:
        stored = await read_patient_to_change(transaction, patient, visit.caller.actor)
        setup = await setup_of(transaction)
        seen = int(typed["version"]) if typed.get("version", "").isdigit() else stored.version
        if seen != stored.version:
            return await _meanwhile(visit, setup, stored, typed)
        try:
            record = read_patient(typed, stored.record, setup)
            changes = changed_fields(stored.record, record)
            await change_patient(transaction, patient, changes, visit.caller.actor, seen=seen, why=typed.get("why") or None)
        except InvalidFields as fault:
            return page(visit, "patient_form.html", status=422, **_form(setup, typed, stored=stored, faults=fault))
    told = "It is changed here, and athenahealth is being told." if changes else "Nothing was changed."
    return go(visit, f"{visit.root}/patients/{patient}", told)


async def _typed(visit: PracticeVisit) -> dict[str, str]:
    return {name: str(value) for name, value in (await visit.request.form()).items()}


async def _meanwhile(visit: PracticeVisit, setup: Setup, stored: Any, typed: dict[str, str]) -> Response:
    """Somebody else changed the patient: what differs, field by field; sending the form again makes one's own changes to what it is now."""
    now = as_typed(stored.record)
    mine = {name: typed[name] for name in TYPED if name in typed and typed[name].strip() != typed.get(WAS + name, "")}
    differs = [(name, typed.get(WAS + name, ""), now[name], mine.get(name)) for name in TYPED if now[name] != typed.get(WAS + name, now[name])]
    touched = {name: stored.changed.get(name.partition(".")[0]) for name, *_ in differs}
    actors = await name_actors(visit.services.database, [one.by for one in touched.values() if one])
    error = ChangedSince("This patient was changed by somebody else meanwhile.")
    meanwhile = {"differs": differs, "touched": touched, "actors": actors, "fault": error.sentence}
    return page(visit, "patient_form.html", status=409, **{**_form(setup, {**now, **mine}, stored=stored), **meanwhile})


def _form(setup: Setup, typed: Mapping[str, str], *, stored: Any = None, faults: InvalidFields | None = None) -> dict[str, Any]:
    """What the form is made of."""
    items = setup.items
    open_locations = [one for external_id, one in items.locations.items() if external_id not in items.closed_locations]
    return {
        "stored": stored,
        "typed": {**dict.fromkeys(TYPED, ""), **typed},
        "was": as_typed(stored.record) if stored else {},
        "faults": {one.field: one.sentence for one in faults.faults} if faults else {},
        "alike": (),
        "differs": (),
        "fault": "",
        "sexes": _options(SEX, setup),
        "statuses": _options(PATIENT_STATUS, setup)[1:],
        "marital": _options(MARITAL_STATUS, setup),
        "relationships": _options(RELATIONSHIP, setup),
        "reached_by": _options(CONTACT_PREFERENCE, setup),
        "locations": [("", "–"), *((str(one.id), one.name) for one in sorted(open_locations, key=lambda one: one.name))],
        "providers": [("", "–"), *((str(one.id), one.name) for one in sorted(items.providers.values(), key=lambda one: one.name))],
    }


def _options(table: CodeTable, setup: Setup) -> list[tuple[str, str]]:
    """The values to choose from; those that athenahealth would not take are left out."""
    found = {row.ours: row.name for row in table.rows if row.sent in ("both", setup.dialect)}
    return [("", "–"), *found.items()]
