"""Whoever stands in the trail is called by a name that people know."""

from practicestudio.access.actors import name_actors
from practicestudio.access.people import Particulars, actor_of, insert_person
from practicestudio.clock import new_id
from practicestudio.store.database import Database


async def test_persons_programs_and_athenahealth_have_names(database: Database) -> None:
    async with database.shared() as transaction:
        ann = await insert_person(transaction, Particulars(name="Ann Actor", sign_in_name="ann.actor"))
    gone, key = actor_of(new_id()), f"key:{new_id()}"
    named = await name_actors(database, [actor_of(ann), gone, key, "cli:root", "athenahealth", "system", None])
    assert named[actor_of(ann)] == "Ann Actor"
    assert named[gone] == "Somebody who had access"
    assert named[key].startswith("API key …")
    assert (named["cli:root"], named["athenahealth"], named["system"]) == ("root (command)", "athenahealth", "Practice Studio")
