"""An export of the trail: everything of a period, nothing of a patient, harmless in a spreadsheet, and itself in the trail."""

import csv
from datetime import timedelta

import orjson

from practicestudio.access.audit import Action, AuditEntry, Origin, write
from practicestudio.access.audit_formats import TrailFormat
from practicestudio.access.audit_list import TrailFilter, list_trail
from practicestudio.clock import new_id, now
from practicestudio.practices.practice import Practice
from practicestudio.store.database import Database
from practicestudio.sync.export_trail import export_trail


async def exported(database: Database, practice: Practice, form: TrailFormat, chosen: TrailFilter | None = None) -> str:
    async with database.practice(practice.id) as transaction:
        pieces = await export_trail(transaction, database, chosen or TrailFilter(), form, "bob", site=practice.athena_id)
    return b"".join([piece async for piece in pieces]).decode()


async def note(database: Database, practice: Practice, purpose: str = "because") -> None:
    entry = AuditEntry(Action.PERSON_PATIENT_CHANGE, "ann", "patient", new_id(), None, {"last_name": ("Quimby", "Marsh"), "zip": (None, "02138")})
    async with database.practice(practice.id, Origin("web", "192.0.2.7", purpose=purpose)) as transaction:
        await write(transaction, [entry])


async def test_every_entry_of_a_period_is_in_each_form_and_no_value_of_a_patient(database: Database, practice: Practice) -> None:
    await note(database, practice)
    await note(database, practice)
    for form in TrailFormat:
        text = await exported(database, practice, form, TrailFilter(actor="ann"))
        assert len(text.splitlines()) == 2 + (form is TrailFormat.CSV)
        assert "last_name" in text
        assert "because" in text
        assert "Quimby" not in text
    assert not (await exported(database, practice, TrailFormat.FHIR, TrailFilter(since=now() + timedelta(hours=1))))


async def test_what_somebody_wrote_is_no_formula_in_a_spreadsheet(database: Database, practice: Practice) -> None:
    await note(database, practice, '=HYPERLINK("http://192.0.2.1")')
    heading, line = csv.reader((await exported(database, practice, TrailFormat.CSV, TrailFilter(actor="ann"))).splitlines())
    assert line[heading.index("purpose")].startswith("'=")
    assert line[heading.index("fields")] == "last_name, zip"


async def test_who_exported_what_stands_in_the_trail(database: Database, practice: Practice) -> None:
    text = await exported(database, practice, TrailFormat.NDJSON, TrailFilter(emergency=True))
    assert text == ""
    async with database.practice(practice.id) as transaction:
        page = await list_trail(transaction, TrailFilter(actions=frozenset({Action.PERSON_AUDIT_EXPORT})))
    assert [entry.actor for entry in page.entries] == ["bob"]
    [line] = (await exported(database, practice, TrailFormat.NDJSON, TrailFilter(until=page.entries[0].at + timedelta(milliseconds=1)))).splitlines()
    assert orjson.loads(line)["fields"] == "format, emergency"
