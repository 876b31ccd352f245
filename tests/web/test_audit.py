"""Settings > Audit: sorted by each column, narrowed, in full, verified and exported; and who may not is not told."""

import json
from typing import Any
from uuid import UUID

import pytest

from practicestudio.access.audit import Action, AuditEntry, write
from practicestudio.access.caller import EVERYWHERE
from practicestudio.access.rights import Role
from practicestudio.clock import new_id
from practicestudio.practices.practice import Practice
from practicestudio.store.database import Database, Origin

PATIENT = UUID("01a20000-0000-7000-8000-0000000000aa")


@pytest.fixture
async def noted(database: Database, practice: Practice) -> list[UUID]:
    """Three entries: a view under emergency access, a change of a patient, one of an appointment; their ids."""
    entries = [
        AuditEntry(Action.PERSON_PATIENT_VIEW, "cli:ann", "patient", PATIENT, purpose="unconscious in the waiting room"),
        AuditEntry(Action.PERSON_PATIENT_CHANGE, "cli:bob", "patient", PATIENT, None, {"last_name": ("Hillcanary", "Marsh")}),
        AuditEntry(Action.PERSON_APPOINTMENT_CHANGE, "cli:bob", "appointment", new_id(), None, {"status": ("booked", "cancelled")}, PATIENT),
    ]
    ids = []
    for entry in entries:
        async with database.practice(practice.id, Origin("web", "192.0.2.7", emergency=entry.actor == "cli:ann")) as transaction:
            await write(transaction, [entry])
            cursor = await transaction.connection.execute("select id from audit_entries order by id desc limit 1")
            ids.append((await cursor.fetchone() or [None])[0])
    return ids


def address(practice: Practice, rest: str = "") -> str:
    return f"/practices/{practice.athena_id}/settings/audit{rest}"


async def test_an_auditor_sees_the_entries_with_their_total(sign_in: Any, practice: Practice, noted: list[UUID]) -> None:
    auditor = await sign_in(Role.AUDITOR)
    answer = await auditor.get(address(practice))
    assert answer.status_code == 200
    for one in noted:
        assert str(one) in answer.text
    assert "ann (command)" in answer.text
    assert "emergency</span>" in answer.text
    assert "Looked through the audit trail" in (await auditor.get(address(practice))).text


@pytest.mark.parametrize("sort", ["at", "actor", "action", "record", "via"])
@pytest.mark.parametrize("way", ["up", "down"])
async def test_the_list_is_sorted_by_each_column(sign_in: Any, practice: Practice, noted: list[UUID], sort: str, way: str) -> None:
    auditor = await sign_in(Role.AUDITOR)
    answer = await auditor.get(address(practice, f"?sort={sort}&way={way}"))
    assert f'aria-sort="{"ascending" if way == "up" else "descending"}"' in answer.text
    if sort == "at":
        places = [answer.text.index(f"/{one}") for one in noted]
        assert places == sorted(places, reverse=way == "down")


@pytest.mark.parametrize(
    ("narrowing", "found"),
    [
        ("who=cli:ann", [0]),
        ("what=patients", [0, 1]),
        ("what=person:appointment:change", [2]),
        (f"patient={PATIENT}", [0, 1, 2]),
        (f"record={PATIENT}&period=all", [0, 1]),
        ("emergency=1", [0]),
        ("since=2020-01-01&until=2020-01-02", []),
    ],
)
async def test_the_list_is_narrowed(sign_in: Any, practice: Practice, noted: list[UUID], narrowing: str, found: list[int]) -> None:
    auditor = await sign_in(Role.AUDITOR)
    answer = await auditor.get(address(practice, f"?{narrowing}"))
    assert [at for at, one in enumerate(noted) if f"/{one}" in answer.text] == found
    assert ("No such entries" in answer.text) == (not found)


async def test_what_is_asked_for_wrongly_is_said(sign_in: Any, practice: Practice) -> None:
    auditor = await sign_in(Role.AUDITOR)
    for wrong in ("patient=Hillcanary", "since=yesterday", "what=nothing"):
        answer = await auditor.get(address(practice, f"?{wrong}"))
        assert answer.status_code == 422
        assert "Hillcanary" not in answer.text


async def test_values_of_patients_are_shown_to_who_may_see_patients(sign_in: Any, practice: Practice, noted: list[UUID]) -> None:
    auditor, both = await sign_in(Role.AUDITOR), await sign_in(Role.AUDITOR, Role.CLINICIAN)
    hidden = await auditor.get(address(practice, f"/{noted[1]}"))
    assert "Last name" in hidden.text
    assert "Hillcanary" not in hidden.text
    assert "Hillcanary" in (await both.get(address(practice, f"/{noted[1]}"))).text
    assert "unconscious in the waiting room" in (await auditor.get(address(practice, f"/{noted[0]}"))).text
    seen = await auditor.get(address(practice, "?what=person:audit:view"))
    assert seen.text.count("Looked at an audit entry</td>") == 3


async def test_the_trail_is_verified_while_one_watches_and_without_a_script(sign_in: Any, practice: Practice, noted: list[UUID]) -> None:
    auditor = await sign_in(Role.AUDITOR)
    answer = await auditor.post(address(practice, "/verify"), headers={"Accept": "application/x-ndjson"})
    *far, last = [json.loads(line) for line in answer.text.splitlines()]
    assert all({"done", "total"} == line.keys() for line in far)
    assert "Nobody touched the trail" in last["html"]
    plain = await auditor.post(address(practice, "/verify"))
    assert "Nobody touched the trail" in plain.text
    assert "Verified the audit trail" in plain.text


@pytest.mark.parametrize(("form", "ending"), [("csv", ".csv"), ("ndjson", ".ndjson"), ("fhir", ".fhir.ndjson")])
async def test_the_trail_is_exported_as_it_is_narrowed(sign_in: Any, practice: Practice, noted: list[UUID], form: str, ending: str) -> None:
    auditor = await sign_in(Role.AUDITOR)
    answer = await auditor.post(address(practice, "/export"), {"format": form, "what": "patients"})
    assert answer.headers["content-disposition"].endswith(f'{ending}"')
    lines = answer.text.splitlines()
    assert len(lines) == 2 + (form == "csv")
    assert "Hillcanary" not in answer.text
    assert "Exported the audit trail" in (await auditor.get(address(practice))).text


async def test_the_trail_of_the_installation_is_for_who_may_see_every_practices(sign_in: Any, practice: Practice) -> None:
    here, everywhere = await sign_in(Role.AUDITOR), await sign_in(Role.AUDITOR, at=EVERYWHERE)
    assert "Sign-ins, people and keys" not in (await here.get(address(practice))).text
    for path in ("?where=installation", f"/{new_id()}?where=installation"):
        assert (await here.get(address(practice, path))).status_code == 403
    assert (await here.post(address(practice, "/export"), {"where": "installation"})).status_code == 403
    shown = await everywhere.get(address(practice, "?where=installation&period=all"))
    assert shown.status_code == 200
    assert "Gave a role" in shown.text


async def test_who_may_see_but_not_export_is_refused_the_file(sign_in: Any, practice: Practice) -> None:
    administrator = await sign_in(Role.ADMINISTRATOR)
    assert "Export</summary>" not in (await administrator.get(address(practice))).text
    assert (await administrator.post(address(practice, "/export"), {"format": "csv"})).status_code == 403
    clinician = await sign_in(Role.CLINICIAN)
    assert (await clinician.get(address(practice))).status_code == 403
    assert (await administrator.get(address(practice, "?what=person:access:refuse"))).text.count("Was refused a page or a call</td>") == 2
