"""Looking somebody up leaves a trace."""

from typing import Any
from uuid import UUID

import pytest

from practicestudio.access.audit import Action
from practicestudio.errors import InvalidValue
from practicestudio.sync.look_up import look_up_patient, names_of_items, search_patients


async def test_whoever_is_found_or_shown_is_in_the_trail(platform: Any) -> None:
    await platform.run("pull.practice", "pull.patients")
    known = (await platform.patients())["4"]
    query = f"{known.record.first_name} {known.record.last_name}"
    found = await platform.do(lambda transaction: search_patients(transaction, query, "ann"))
    assert known.id in [one.id for one in found]
    await platform.do(lambda transaction: look_up_patient(transaction, known.id, "bob"))
    views = [entry["actor"] for entry in await platform.trail(known.id) if entry["action"] == Action.PERSON_PATIENT_VIEW]
    assert views == ["ann", "bob"]


async def test_an_unknown_id_is_a_sentence(platform: Any) -> None:
    with pytest.raises(InvalidValue, match="no such patient"):
        await platform.do(lambda transaction: look_up_patient(transaction, UUID(int=7), "ann"))


async def test_items_are_named_by_our_ids(platform: Any) -> None:
    await platform.run("pull.practice")
    names = await platform.do(names_of_items)
    assert "Boston Main Office" in names.values()
