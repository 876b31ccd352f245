"""The pages of field mappings: rows as they are in force, one change at a time, tried on a record before it is saved."""

import re
from typing import Any

import orjson
import pytest

from practicestudio.access.rights import Role
from practicestudio.mapping import CodeOverride, CustomFieldOverride, FieldOverride
from practicestudio.practices.items import put_items
from practicestudio.practices.practice import Practice
from practicestudio.store.database import Database
from practicestudio.sync.change_mapping import put_override, read_overrides
from practicestudio.web.pages.mappings import MAPPINGS, mark_of

BODY = {"patientid": "5309", "firstname": "Imogen", "lastname": "Tarrant", "dob": "02/29/1984", "departmentid": "1", "shoesize": 38, "sex": "Q"}
NICKNAME = {"change": "field", "map": "patient", "ours": "preferred_name", "athena": "altfirstname", "of": ""}


@pytest.fixture
async def furnished(database: Database, practice: Practice) -> Practice:
    async with database.practice(practice.id) as transaction:
        await put_items(transaction, "location", [{"external_id": "1", "name": "Front", "time_zone": "America/New_York"}])
        await put_items(transaction, "custom_field", [{"external_id": "22", "name": "chart", "kind": "text"}])
    return practice


def at(practice: Practice, path: str = "") -> str:
    return f"/practices/{practice.athena_id}{MAPPINGS}{path}"


async def overrides(database: Database, practice: Practice) -> list[Any]:
    async with database.practice(practice.id) as transaction:
        return await read_overrides(transaction)


@pytest.mark.parametrize(
    ("map", "told"),
    [("patient", "preferredname"), ("insurance", "insuranceidnumber"), ("appointment", "departmentid"), ("codes", "Hispanic"),
     ("custom-fields", "chart"), ("location", "timezonename"), ("nonsense", "preferredname")],
)  # fmt: skip
async def test_every_map_is_shown(sign_in: Any, furnished: Practice, map: str, told: str) -> None:
    person = await sign_in(Role.AUDITOR)
    answer = await person.get(at(furnished, f"?map={map}"))
    assert answer.status_code == 200
    assert told in answer.text
    assert "/change?" not in answer.text  # who may only look is offered no change


async def test_rows_are_found_by_words_and_by_what_was_changed(everyone: Any, database: Database, furnished: Practice) -> None:
    found = await everyone.get(at(furnished, "?map=patient&q=postal%20zip"), headers={"HX-Request": "true"})
    assert "address.postal_code" in found.text
    assert "last_name" not in found.text
    assert "<html" not in found.text
    await everyone.post(at(furnished, "/change"), NICKNAME)
    changed = await everyone.get(at(furnished, "?map=patient&changed=true"))
    assert "<del>preferredname</del> <ins>altfirstname</ins>" in changed.text
    assert "address.postal_code" not in changed.text


async def test_a_change_is_put_in_force_changed_and_removed(everyone: Any, database: Database, furnished: Practice) -> None:
    answer = await everyone.post(at(furnished, "/change"), NICKNAME, follow_redirects=True)
    assert "The mapping is changed." in answer.text
    nickname = FieldOverride(map="patient", ours="preferred_name", athena="altfirstname")
    assert await overrides(database, furnished) == [nickname]
    form = await everyone.get(at(furnished, f"/change?of={mark_of(nickname)}"))
    assert 'value="altfirstname"' in form.text
    await everyone.post(at(furnished, "/change"), {**NICKNAME, "athena": "nickname", "of": mark_of(nickname)})
    [louder] = await overrides(database, furnished)
    assert louder.athena == "nickname"
    late = await everyone.post(at(furnished, "/change"), {**NICKNAME, "of": mark_of(nickname)})
    assert late.status_code == 422
    assert "changed or removed this meanwhile" in late.text
    await everyone.post(at(furnished, "/remove"), {"of": mark_of(louder)})
    assert await overrides(database, furnished) == []


async def test_codes_and_custom_fields_have_their_forms(everyone: Any, database: Database, furnished: Practice) -> None:
    code = await everyone.get(at(furnished, "/change?change=code&table=sex&athena=U&ours=unknown"))
    assert 'value="U"' in code.text
    await everyone.post(at(furnished, "/change"), {"change": "code", "table": "sex", "athena": "Q", "ours": "other", "name": "", "of": ""})
    own = await everyone.get(at(furnished, "/change?change=custom_field&external_id=22"))
    assert "“chart”" in own.text
    await everyone.post(at(furnished, "/change"), {"change": "custom_field", "external_id": "22", "name": "file number", "kind": "", "of": ""})
    assert await overrides(database, furnished) == [
        CodeOverride(table="sex", athena="Q", ours="other"),
        CustomFieldOverride(external_id="22", name="file number"),
    ]


async def test_a_fault_is_tied_to_its_field_and_nothing_typed_is_lost(everyone: Any, database: Database, furnished: Practice) -> None:
    answer = await everyone.post(at(furnished, "/change"), {**NICKNAME, "athena": "two words"})
    assert answer.status_code == 422
    assert re.search(r'name="athena"[^>]*aria-invalid="true"', answer.text)
    assert 'value="two words"' in answer.text
    assert await overrides(database, furnished) == []


async def test_a_change_is_tried_on_pasted_json_before_it_is_saved(everyone: Any, database: Database, furnished: Practice) -> None:
    change = {"change": "code", "table": "sex", "athena": "Q", "ours": "other", "name": "", "of": "", "kind": "patient"}
    tried = await everyone.post(at(furnished, "/try"), {**change, "source": "pasted", "pasted": orjson.dumps(BODY).decode()})
    assert tried.status_code == 200
    assert re.search(r"<code>gender</code></th><td><del>unknown</del></td><td><ins>other</ins>", tried.text)
    assert re.search(r'class="lost">\s*<th scope="row"><code>shoesize</code>', tried.text)
    assert "2 found no place" not in tried.text
    assert await overrides(database, furnished) == []
    wrong = await everyone.post(at(furnished, "/try"), {**change, "source": "pasted", "pasted": "{"})
    assert wrong.status_code == 422
    assert "not the JSON of one record" in wrong.text
    nothing = await everyone.post(at(furnished, "/try"), {**change, "source": "last"})
    assert "The log has nothing of this kind" in nothing.text


async def test_the_mapping_in_force_is_tried_and_weighed(everyone: Any, furnished: Practice) -> None:
    assert (await everyone.get(at(furnished, "/try"))).status_code == 200
    tried = await everyone.post(at(furnished, "/try"), {"kind": "patient", "source": "pasted", "pasted": orjson.dumps(BODY).decode()})
    assert "As it is in force" in tried.text
    weighed = await everyone.post(at(furnished, "/weigh"), {"kind": "patient"})
    assert "On the last 0 records received" in weighed.text


async def test_only_who_may_sees_a_record(sign_in: Any, database: Database, furnished: Practice) -> None:
    """An administrator sets a practice up without seeing its patients."""
    person = await sign_in(Role.ADMINISTRATOR)
    assert "Try it before you save" not in (await person.get(at(furnished, "/change?map=patient&ours=email"))).text
    for path in ("/try", "/weigh"):
        assert (await person.post(at(furnished, path), {"kind": "patient", "source": "last"})).status_code == 403
    auditor = await sign_in(Role.AUDITOR)
    assert (await auditor.post(at(furnished, "/change"), NICKNAME)).status_code == 403
    assert await overrides(database, furnished) == []


async def test_what_is_received_is_shown_as_text(everyone: Any, furnished: Practice) -> None:
    body = {**BODY, "lastname": "<script>alert(1)</script>"}
    tried = await everyone.post(at(furnished, "/try"), {"kind": "patient", "source": "pasted", "pasted": orjson.dumps(body).decode()})
    assert "<script>alert" not in tried.text


async def test_a_removed_override_leaves_nothing_to_change(everyone: Any, database: Database, furnished: Practice) -> None:
    rule = CodeOverride(table="sex", athena="Q", ours="other")
    async with database.practice(furnished.id) as transaction:
        await put_override(transaction, rule, "cli:test")
    await everyone.post(at(furnished, "/remove"), {"of": mark_of(rule)})
    gone = await everyone.get(at(furnished, f"/change?of={mark_of(rule)}"), follow_redirects=True)
    assert "changed or removed this meanwhile" in gone.text
