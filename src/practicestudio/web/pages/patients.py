"""Patients: search as you type, and everything that is known of one, with the origin and history of each value."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.responses import Response

from practicestudio.access.actors import name_actors
from practicestudio.access.rights import Right
from practicestudio.errors import IntegrationError
from practicestudio.sync.look_up import names_of_items, search_patients
from practicestudio.sync.patient_page import PatientPage, patient_page
from practicestudio.sync.unlink_patient import unlink_patient
from practicestudio.web.faults import status_of
from practicestudio.web.guard import PracticeVisit, allowed
from practicestudio.web.rendering import go, page, wants_part

router = APIRouter(prefix="/practices/{practice}/patients")
Reader = Annotated[PracticeVisit, allowed(Right.PATIENTS_VIEW)]

MOST = 20
GROUPS = (
    ("Person", ("first_name", "middle_name", "last_name", "suffix", "preferred_name", "date_of_birth", "gender", "marital_status", "ssn_last4",
                "deceased_on", "status")),
    ("Contact", ("address", "phone_mobile", "phone_home", "phone_work", "email", "contact_preference", "consent_to_call", "consent_to_text",
                 "contacts", "guarantor")),
    ("Background", ("preferred_language", "race", "ethnicity", "declined")),
    ("Practice", ("primary_provider_id", "primary_location_id", "registration_location_id", "notes", "previous_external_ids")),
)  # fmt: skip
"""The units of a patient as the page groups them; insurances and custom fields have groups of their own."""


@router.get("")
async def ask(visit: Reader) -> Response:
    """Where one searches."""
    return page(visit, "patients.html", found=None, query="", most=MOST)


@router.post("/search")
async def search(visit: Reader, query: Annotated[str, Form(max_length=200)] = "") -> Response:
    """Those who fit; the words come in a form, so that no address and no log has them."""
    found = []
    if len(query.strip()) > 1:
        async with visit.transaction() as transaction:
            found = await search_patients(transaction, query, visit.caller.actor, MOST + 1)
    block = "results" if wants_part(visit.request) else None
    ordered = sorted(found[:MOST], key=lambda one: (one.patient.last_name or "", one.patient.first_name or "", one.id))
    return page(visit, "patients.html", block=block, found=ordered, more=len(found) > MOST, query=query, most=MOST)


@router.get("/{patient}")
async def show(visit: Reader, patient: UUID) -> Response:
    """Everything about one patient."""
    return await _shown(visit, patient)


@router.post("/{patient}/unlink")
async def unlink(
    visit: Annotated[PracticeVisit, allowed(Right.REVIEWS_DECIDE)],
    patient: UUID,
    external_id: Annotated[str, Form()],
    why: Annotated[str, Form()] = "",
) -> Response:
    """Take a link apart that should not be."""
    try:
        async with visit.transaction() as transaction:
            await unlink_patient(transaction, patient, external_id, why, visit.caller.actor)
    except IntegrationError as error:
        return await _shown(visit, patient, error.sentence, status_of(error))
    return go(visit, f"{visit.root}/patients/{patient}", "The link is taken apart. Who that athenahealth patient is, is asked in Review.")


async def _shown(visit: PracticeVisit, patient_id: UUID, fault: str = "", status: int = 200) -> Response:
    async with visit.transaction() as transaction:
        shown = await patient_page(transaction, patient_id, visit.caller.actor)
        names = await names_of_items(transaction)
    actors = await name_actors(visit.services.database, _actors(shown))
    return page(
        visit, "patient.html", status=status, shown=shown, patient=shown.stored.record, names=names, actors=actors, groups=_groups(shown), fault=fault
    )


def _groups(shown: PatientPage) -> list[tuple[str, list[str]]]:
    """The groups with the units that there are."""
    rest = {"Insurance": "insurances.", "Custom fields": "custom_fields."}
    found = [(title, [unit for unit in units if unit in shown.values]) for title, units in GROUPS]
    found += [(title, [unit for unit in shown.values if unit.startswith(start)]) for title, start in rest.items()]
    return [(title, units) for title, units in found if units]


def _actors(shown: PatientPage) -> list[str | None]:
    events = [event.actor for value in shown.values.values() for event in value.history.events]
    return [*events, *(one.decided_by for one in shown.questions), shown.made["actor"] if shown.made else None]
