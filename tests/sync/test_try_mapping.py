"""A mapping is changed one override at a time, and can be tried on a real record before."""

from typing import Any

import orjson
import pytest

from practicestudio.errors import InvalidFields
from practicestudio.mapping import CodeOverride, CustomFieldOverride, DefaultValue, FieldOverride, Override, ValidationRule
from practicestudio.practices.entries import Entries
from practicestudio.practices.forms import overrides as form
from practicestudio.practices.items import put_items
from practicestudio.practices.practice import Practice
from practicestudio.store.database import Database
from practicestudio.sync.change_mapping import put_override, read_mapping, read_overrides, remove_override, with_override
from practicestudio.sync.setting_history import read_history, take_back
from practicestudio.sync.setup import setup_of
from practicestudio.sync.try_mapping import last_received, pasted, try_mapping
from practicestudio.sync.weigh_mapping import weigh_mapping

NOTES = FieldOverride(map="patient", ours="preferred_name", athena="altfirstname")
RULE = ValidationRule(map="patient", ours="email", required=True)
BODY = {
    "patientid": "5309", "firstname": "Imogen", "lastname": "Tarrant", "dob": "02/29/1984", "sex": "Q", "departmentid": "1",
    "altfirstname": "Immy", "shoesize": 38, "homephone": "none", "patientphotourl": "",
    "customfields": [{"customfieldid": "22", "customfieldname": "chart", "customfieldvalue": "A-1"}],
    "insurances": [{"insuranceid": "7", "sequencenumber": 1, "insuranceidnumber": "M-1", "colour": "blue"}],
}  # fmt: skip


@pytest.fixture
async def furnished(database: Database, practice: Practice) -> Practice:
    """A practice with a department and a custom field."""
    async with database.practice(practice.id) as transaction:
        await put_items(transaction, "location", [{"external_id": "1", "name": "Front", "time_zone": "America/New_York"}])
        await put_items(transaction, "custom_field", [{"external_id": "22", "name": "chart", "kind": "text"}])
    return practice


async def put(database: Database, practice: Practice, override: Override, instead_of: Override | None = None) -> Any:
    async with database.practice(practice.id) as transaction:
        return await put_override(transaction, override, "ann", instead_of=instead_of)


async def test_an_override_is_put_changed_and_taken_out(database: Database, practice: Practice) -> None:
    await put(database, practice, NOTES)
    await put(database, practice, RULE)
    louder = FieldOverride(map="patient", ours="preferred_name", athena="firstnameused")
    [changed] = await put(database, practice, louder, NOTES)
    assert [(one.field, one.before, one.after) for one in changed.differences] == [
        ("Patient: preferred_name", "is athenahealth's `altfirstname`", "is athenahealth's `firstnameused`")
    ]
    async with database.practice(practice.id) as transaction:
        assert await read_overrides(transaction) == [louder, RULE]
        await remove_override(transaction, RULE, "ann")
        mapped = (await setup_of(transaction)).mapping.patient_in({**BODY, "firstnameused": "Gen"})
    assert mapped.record is not None
    assert mapped.record.preferred_name == "Gen"
    async with database.practice(practice.id) as transaction:
        newest = (await read_history(transaction))[0].change.id
        await take_back(transaction, newest, "ann")
        assert RULE in await read_overrides(transaction)


async def test_an_override_that_somebody_else_removed_is_told(database: Database, practice: Practice) -> None:
    with pytest.raises(InvalidFields, match="changed or removed this meanwhile"):
        await put(database, practice, RULE, NOTES)
    async with database.practice(practice.id) as transaction:
        with pytest.raises(InvalidFields, match="changed or removed this meanwhile"):
            await remove_override(transaction, NOTES, "ann")


@pytest.mark.parametrize(
    "override",
    [
        FieldOverride(map="patient", ours="shoe_size", athena="x"),
        DefaultValue(map="patient", ours="date_of_birth", value="soon"),
        DefaultValue(map="patient", ours="external_id", value="1", way="out"),
        CustomFieldOverride(external_id="23", name="chart"),
    ],
)
async def test_what_makes_no_mapping_is_not_stored(database: Database, furnished: Practice, override: Override) -> None:
    with pytest.raises(InvalidFields):
        await put(database, furnished, override)
    async with database.practice(furnished.id) as transaction:
        assert await read_overrides(transaction) == []


async def test_the_whole_mapping_is_shown_with_what_the_practice_changed(database: Database, furnished: Practice) -> None:
    await put(database, furnished, NOTES)
    await put(database, furnished, CodeOverride(table="sex", athena="X", ours="other"))
    await put(database, furnished, CustomFieldOverride(external_id="22", name="file number"))
    async with database.practice(furnished.id) as transaction:
        found = await read_mapping(transaction)
    changed = {(fields.name, row.ours) for fields, rows in found.maps for row in rows if row.changed}
    assert changed == {("patient", "preferred_name"), ("patient", "alternate_first_name")}
    assert [(table.name, code.code.athena) for table, codes in found.tables for code in codes if code.override] == [("sex", "X")]
    [custom] = found.custom_fields
    assert custom.kept is not None
    assert custom.declared is not None
    assert (custom.declared.name, custom.kept.name) == ("chart", "file number")


async def test_a_body_is_tried_field_by_field_and_nothing_is_stored(database: Database, furnished: Practice) -> None:
    overrides = [NOTES, CodeOverride(table="sex", athena="Q", ours="other"), CustomFieldOverride(external_id="22", name="file number")]
    async with database.practice(furnished.id) as transaction:
        trial = await try_mapping(transaction, pasted("patient", orjson.dumps([BODY]).decode()), overrides, "ann")
        assert await read_overrides(transaction) == []
        cursor = await transaction.connection.execute("select action from audit_entries")
        assert [row[0] for row in await cursor.fetchall()] == ["person:mapping:try"]
    lines = {line.field: line for line in trial.lines}
    assert (lines["altfirstname"].ours, lines["altfirstname"].value) == ("preferred_name", "Immy")
    assert (lines["customfields.22 (chart)"].ours, lines["customfields.22 (chart)"].value) == ("custom_fields.file number", "A-1")
    assert (lines["insurances.1.insuranceidnumber"].ours, lines["insurances.1.insuranceidnumber"].value) == ("insurances.1.member_id", "M-1")
    assert lines["departmentid"].value == "Front"
    assert {line.field for line in trial.lines if line.lost} == {"shoesize", "homephone", "insurances.1.colour"}
    assert [finding.severity for finding in lines["shoesize"].findings] == ["no_place"]
    assert ("gender", "unknown", "other") in trial.read_otherwise
    assert ("preferred_name", "", "Immy") in trial.read_otherwise
    assert trial.tried.sent["altfirstname"] == "Immy"
    assert ("altfirstname", "Immy", "Immy") not in trial.sent_otherwise


async def test_a_rule_that_refuses_the_record_says_so(database: Database, furnished: Practice) -> None:
    async with database.practice(furnished.id) as transaction:
        trial = await try_mapping(transaction, pasted("patient", orjson.dumps(BODY).decode()), [RULE], "ann")
    assert trial.in_force.refused is None
    assert trial.tried.refused is not None
    assert "email" in trial.tried.refused
    assert trial.tried.record == {}


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '"x"', "[{}, {}]", "null"])
def test_what_is_no_record_is_not_tried(text: str) -> None:
    with pytest.raises(InvalidFields) as raised:
        pasted("patient", text)
    assert [fault.field for fault in raised.value.faults] == ["pasted"]


async def test_a_patient_is_tried_by_what_came_last_and_the_trail_knows_whose_it_was(platform: Any) -> None:
    await platform.pull()
    patient = (await platform.patients())["3"]
    sample = await platform.do(lambda transaction: last_received(transaction, "patient", patient.id))
    assert sample.body["patientid"] == "3"
    trial = await platform.do(lambda transaction: try_mapping(transaction, sample, [NOTES], "ann"))
    assert trial.tried.record["last_name"] == patient.record.last_name
    [looked] = [one for one in await platform.trail(patient.id) if one["action"] == "person:mapping:try"]
    assert (looked["actor"], looked["patient_id"], looked["message_id"]) == ("ann", patient.id, sample.message_id)
    appointment = next(one for one in (await platform.appointments()).values() if one.record.patient_id is not None)
    came = await platform.do(lambda transaction: last_received(transaction, "appointment", appointment.id))
    tried = await platform.do(lambda transaction: try_mapping(transaction, came, [], "ann"))
    assert tried.tried.record["patient_id"] == "the patient"
    assert tried.tried.sent["patientid"]
    with pytest.raises(InvalidFields, match="log has nothing"):
        await platform.do(lambda transaction: last_received(transaction, "patient", appointment.id))
    weighed = await platform.do(lambda transaction: weigh_mapping(transaction, "patient", [RULE], "ann"))
    without = sum(one.record.email is None for one in (await platform.patients()).values())
    assert weighed.records >= platform.size
    assert (weighed.refused > 0) == (without > 0)
    assert weighed.otherwise == 0


def test_an_override_is_entered_and_every_fault_is_told() -> None:
    entries = Entries({"change": "field", "map": "patient", "ours": "preferred_name", "athena": "altfirstname"})
    assert form.read(entries) == NOTES
    assert entries.faults == []
    entries = Entries({"change": "rule", "map": "patient", "ours": "email", "max_length": "many", "severity": "error", "way": "never"})
    form.read(entries)
    assert {fault.field for fault in entries.faults} == {"max_length", "way", "required"}
    entries = Entries({"change": "custom_field", "external_id": "22", "name": "", "kind": ""})
    assert form.read(entries) == CustomFieldOverride(external_id="22")


def test_an_override_takes_the_place_of_the_one_it_changes() -> None:
    other = FieldOverride(map="patient", ours="preferred_name", athena="other")
    assert with_override([NOTES, RULE], other, NOTES) == [other, RULE]
    with pytest.raises(InvalidFields, match="otherwise already"):
        with_override([NOTES, RULE], other)
