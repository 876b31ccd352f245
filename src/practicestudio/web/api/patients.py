"""Patients: find, read, register, change."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from practicestudio.access.kept_answers import Answer
from practicestudio.access.rights import Right
from practicestudio.mapping import Finding
from practicestudio.records import Patient
from practicestudio.sync.change_patient import change_patient, create_patient
from practicestudio.sync.find_patients import FROM_THE_FIRST, PatientsSought, find_patients
from practicestudio.sync.hold_record import before_sending, hold_patient, see_patient
from practicestudio.web.api.answers import answer, once, reply
from practicestudio.web.api.described import tells
from practicestudio.web.api.faults import InTheWay, Invalid, NotThere, Wrong
from practicestudio.web.api.guard import ApiRoute, PracticeCall, allowed_by_key
from practicestudio.web.api.merge_patch import merge_patched
from practicestudio.web.api.paging import cursor_at, id_at
from practicestudio.web.api.shapes.patient import PATIENT, TAKEN, NewPatient, PatientChange, PatientSearch, PatientShown, PatientsPage, PatientTaken
from practicestudio.web.api.versions import Versions, check_version

if TYPE_CHECKING:
    from practicestudio.store.database import Transaction
    from practicestudio.store.records import Stored

router = APIRouter(prefix="/api/v1/practices/{practice}/patients", tags=["Patients"], route_class=ApiRoute)

_FIELDS = tuple(Patient.__dataclass_fields__)


@router.post("/search", **tells(PatientsPage, {"items": [PATIENT], "next_cursor": None}, "The patients that fit."))
async def search(call: Annotated[PracticeCall, allowed_by_key(Right.PATIENTS_VIEW)], wish: PatientSearch) -> Response:
    """Find patients.

    Every search stands in the audit trail, with the patients whom it showed.
    """
    sought = PatientsSought(text=wish.text, external_id=wish.external_id)
    if not sought.says_enough:
        raise Invalid("There is too little to look for.", wrong=[Wrong("/text", "It has two letters, a date of birth or four digits at least.")])
    async with call.transaction() as transaction:
        after = id_at(transaction, wish, wish.cursor) or FROM_THE_FIRST
        found = await find_patients(transaction, sought, call.by, wish.limit, after)
        cursor = cursor_at(transaction, wish, found.after.bytes) if found.after else None
    return reply(answer({"items": [shown(one) for one in found.patients], "next_cursor": cursor}))


@router.get("/{patient_id}", **tells(PatientShown, PATIENT, "The patient.", version=True))
async def read(call: Annotated[PracticeCall, allowed_by_key(Right.PATIENTS_VIEW)], patient_id: UUID) -> Response:
    """Read a patient.

    One who was merged into another is still there; `merged_into` names the other.
    """
    async with call.transaction() as transaction:
        stored = await see_patient(transaction, patient_id, call.by)
    if stored is None:
        raise no_patient()
    return reply(answer(shown(stored), version=stored.version))


@router.post("", **tells(PatientTaken, {**TAKEN, "external_id": None, "version": 1}, "Registered.", 201, changes=True, version=True))
async def register(call: Annotated[PracticeCall, allowed_by_key(Right.PATIENTS_CHANGE)], wish: NewPatient) -> Response:
    """Register a patient.

    The patient is here at once; a worker registers them at athenahealth right after, and `external_id` tells when that is done. What
    athenahealth would refuse is refused here first.
    """

    async def act(transaction: "Transaction") -> Answer:
        patient = merge_patched(Patient(), wish.model_dump(mode="json", exclude_unset=True))
        remarks = await _remarks(transaction, patient)
        patient_id = await create_patient(transaction, patient, call.by)
        return await _taken(transaction, call, patient_id, remarks, 201)

    return await once(call, act)


@router.patch("/{patient_id}", **tells(PatientTaken, TAKEN, "Changed.", changes=True, version=True))
async def change(
    call: Annotated[PracticeCall, allowed_by_key(Right.PATIENTS_CHANGE)],
    patient_id: UUID,
    wish: PatientChange,
    expected: Versions,
) -> Response:
    """Change a patient.

    A merge patch (RFC 7396). A worker tells athenahealth right after; where both sides changed the same, the practice's rule or a person decides.
    """

    async def act(transaction: "Transaction") -> Answer:
        stored = await hold_patient(transaction, patient_id)
        if stored is None:
            raise no_patient()
        if stored.merged_into is not None:
            raise InTheWay("The patient was merged into another.", advice=f"Change that one: {stored.merged_into}.")
        check_version(stored.version, expected)
        patch: Mapping[str, Any] = wish.model_dump(mode="json", exclude_unset=True)
        patient = merge_patched(stored.record, patch)
        _check_insurances(stored.record, patient)
        remarks = await _remarks(transaction, patient, stored.record)
        await change_patient(transaction, patient_id, {name: getattr(patient, name) for name in patch}, call.by)
        return await _taken(transaction, call, patient_id, remarks, 200)

    return await once(call, act)


def shown(stored: "Stored[Patient]") -> dict[str, Any]:
    """A patient as a program sees them."""
    record = {name: getattr(stored.record, name) for name in _FIELDS}
    return {"id": stored.id, "version": stored.version, "merged_into": stored.merged_into, **record}


def no_patient() -> NotThere:
    """There is no such patient in this practice."""
    return NotThere("There is no such patient in this practice.")


async def _taken(transaction: "Transaction", call: PracticeCall, patient_id: UUID, remarks: Sequence[dict[str, str]], status: int) -> Answer:
    stored = await hold_patient(transaction, patient_id)
    if stored is None:
        raise no_patient()
    location = f"{call.root}/patients/{patient_id}" if status == 201 else None
    return answer({**shown(stored), "remarks": remarks}, status, version=stored.version, location=location)


async def _remarks(transaction: "Transaction", patient: Patient, before: Patient | None = None) -> list[dict[str, str]]:
    """What is to be said of the values. Raises Invalid where athenahealth would not take them."""
    findings = await before_sending(transaction, patient, before)
    refused = [Wrong("/" + one.place.replace(".", "/"), one.problem) for one in findings if one.severity == "error"]
    if refused:
        raise Invalid("athenahealth would not take this.", wrong=refused)
    return [_remark(one) for one in findings]


def _remark(finding: Finding) -> dict[str, str]:
    return {"place": finding.place, "says": finding.problem}


def _check_insurances(before: Patient, after: Patient) -> None:
    """Raise Invalid for an insurance under an id that the patient does not have."""
    known = {one.external_id for one in before.insurances} | {None}
    wrong = [
        Wrong(f"/insurances/{at}/external_id", "The patient has no such insurance.")
        for at, one in enumerate(after.insurances)
        if one.external_id not in known
    ]
    if wrong:
        raise Invalid("An insurance is not the patient's.", wrong=wrong)
