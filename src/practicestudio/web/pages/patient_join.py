"""Joining two patients who are one: both side by side, whose value stands in each field, and then one record."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.responses import Response

from practicestudio.access.rights import Right
from practicestudio.errors import IntegrationError
from practicestudio.merging import units
from practicestudio.sync.join_patients import Whose, join_patients, joined
from practicestudio.sync.look_up import names_of_items, read_patient_to_change, search_patients
from practicestudio.web.faults import status_of
from practicestudio.web.guard import PracticeVisit, allowed
from practicestudio.web.rendering import go, page

router = APIRouter(prefix="/practices/{practice}/patients/{patient}/join")
Changer = Annotated[PracticeVisit, allowed(Right.PATIENTS_CHANGE)]

UNIT = "unit."
MOST = 10


@router.get("")
async def choose(visit: Changer, patient: UUID) -> Response:
    """With whom?"""
    return await _choice(visit, patient, "")


@router.post("/search")
async def search(visit: Changer, patient: UUID, query: Annotated[str, Form(max_length=200)] = "") -> Response:
    """Those who fit."""
    return await _choice(visit, patient, query)


async def _choice(visit: PracticeVisit, patient_id: UUID, query: str) -> Response:
    async with visit.transaction() as transaction:
        stored = await read_patient_to_change(transaction, patient_id, visit.caller.actor)
        found = await search_patients(transaction, query, visit.caller.actor, MOST) if len(query.strip()) > 1 else []
    others = [one for one in found if one.id != patient_id]
    return page(visit, "patient_join.html", one=stored, other=None, others=others, query=query, fault="")


@router.get("/{other}")
async def compare(visit: Changer, patient: UUID, other: UUID) -> Response:
    """Both side by side."""
    return await _compared(visit, patient, other)


@router.post("/{other}")
async def join(visit: Changer, patient: UUID, other: UUID, why: Annotated[str, Form()] = "") -> Response:
    """Make one of them."""
    form = await visit.request.form()
    whose: dict[str, Whose] = {
        name.removeprefix(UNIT): "taken_in" if value == "taken_in" else "goes_on" for name, value in form.items() if name.startswith(UNIT)
    }
    if not why.strip():
        return await _compared(visit, patient, other, "Say why they are one person; it cannot be taken back.", 422)
    try:
        async with visit.transaction() as transaction:
            await join_patients(transaction, patient, other, visit.caller.actor, whose=whose, why=why.strip())
    except IntegrationError as error:
        return await _compared(visit, patient, other, error.sentence, status_of(error))
    return go(visit, f"{visit.root}/patients/{patient}", "The two are one patient now; athenahealth is told what it does not know yet.")


async def _compared(visit: PracticeVisit, patient_id: UUID, other_id: UUID, fault: str = "", status: int = 200) -> Response:
    async with visit.transaction() as transaction:
        one = await read_patient_to_change(transaction, patient_id, visit.caller.actor)
        other = await read_patient_to_change(transaction, other_id, visit.caller.actor)
        names = await names_of_items(transaction)
    result = joined(one.record, other.record, {})
    ours, theirs = units(one.record), units(other.record)
    differs = [(unit, ours.get(unit), theirs.get(unit)) for unit in result.differs]
    gained = [(unit, value) for unit, value in result.units.items() if unit not in result.differs and ours.get(unit) != value and value]
    values: dict[str, Any] = {
        "one": one,
        "other": other,
        "differs": differs,
        "gained": gained,
        "names": names,
        "fault": fault,
        "others": (),
        "query": "",
    }
    return page(visit, "patient_join.html", status=status, **values)
