"""People are given access and lose it; their names cannot be read at rest."""

from collections.abc import AsyncIterator

import pytest

from practicestudio.access.audit import read_trail
from practicestudio.access.caller import EVERYWHERE, Caller
from practicestudio.access.manage_people import add_person, change_person, deactivate_person, reactivate_person
from practicestudio.access.people import Particulars, find_mailed, find_person, read_person
from practicestudio.access.rights import Role
from practicestudio.access.roles import caller_of, grant_role, list_people, read_roles, revoke_role
from practicestudio.clock import new_id
from practicestudio.errors import IntegrationError, InvalidValue, Misconfigured, NotAllowed
from practicestudio.practices.practice import Practice, add_practice
from practicestudio.store.database import Database, Origin

from .conftest import OPERATOR, Someone


@pytest.fixture
async def other(database: Database) -> Practice:
    return await add_practice(database, str(new_id().int % 10**9), "Other", "UTC")


@pytest.fixture
async def boss(someone: Someone, practice: Practice) -> Caller:
    """Administrator of one practice."""
    return await someone(practice.id, Role.ADMINISTRATOR, name="The Boss")


async def test_a_person_is_found_by_sign_in_name_and_email_however_they_are_written(database: Database) -> None:
    given = Particulars(name="  Grace   Hopper ", sign_in_name=" Grace.Hopper ", email="Grace@Example.com")
    person_id = await add_person(database, OPERATOR, given, {})
    async with database.shared() as transaction:
        found = await find_person(transaction, "GRACE.HOPPER")
        assert found == await find_mailed(transaction, "grace@example.COM") == await read_person(transaction, person_id)
        assert found
        assert (found.name, found.sign_in_name, found.email) == ("Grace Hopper", "grace.hopper", "grace@example.com")
        assert await find_person(transaction, "nobody") is None


@pytest.mark.parametrize(
    "given",
    [
        Particulars(name="", sign_in_name="ann"),
        Particulars(name="Ann\x00", sign_in_name="ann"),
        Particulars(name="A" * 101, sign_in_name="ann"),
        Particulars(name="Ann", sign_in_name="a"),
        Particulars(name="Ann", sign_in_name="ann lee"),
        Particulars(name="Ann", sign_in_name="аnn"),  # the first letter is Cyrillic
        Particulars(name="Ann", sign_in_name="annlee", email="no address"),
    ],
    ids=lambda given: given.sign_in_name,
)
async def test_particulars_that_cannot_be_are_refused(database: Database, given: Particulars) -> None:
    with pytest.raises(InvalidValue):
        await add_person(database, OPERATOR, given, {})


async def test_two_people_never_share_a_sign_in_name_or_an_email_address(database: Database, someone: Someone) -> None:
    first = Particulars(name="Ada", sign_in_name="ada", email="ada@example.com")
    await add_person(database, OPERATOR, first, {})
    for second in (Particulars(name="B", sign_in_name="ADA"), Particulars(name="B", sign_in_name="b.b", email="ADA@example.com")):
        with pytest.raises(InvalidValue, match=r"already|somebody else"):
            await add_person(database, OPERATOR, second, {})
        with pytest.raises(InvalidValue, match=r"already|somebody else"):
            await change_person(database, OPERATOR, (await someone()).person_id, second)


async def test_no_name_can_be_read_in_the_tables(database: Database) -> None:
    person_id = await add_person(database, OPERATOR, Particulars(name="Quincy Quimby", sign_in_name="quimby"), {})
    async with database.shared() as transaction:
        cursor = await transaction.connection.execute("select p::text, a::text from people p, audit_entries a where p.id = %s", [person_id])
        assert "uimby" not in str(await cursor.fetchall())
        [entry] = await read_trail(transaction, person_id)
    assert entry["changes"] == {"name": [None, "Quincy Quimby"], "sign_in_name": [None, "quimby"]}


async def test_a_change_is_kept_with_what_was_before(database: Database, someone: Someone) -> None:
    ann = await someone(name="Ann Lee")
    async with database.shared() as transaction:
        before = await read_person(transaction, ann.person_id)
    given = Particulars(name="Ann Li", sign_in_name=before.sign_in_name)
    await change_person(database, OPERATOR, ann.person_id, given, Origin("web", "192.0.2.1"))
    async with database.shared() as transaction:
        assert (await read_person(transaction, ann.person_id)).name == "Ann Li"
        last = (await read_trail(transaction, ann.person_id))[-1]
    assert (last["action"], last["changes"], last["actor"], last["via"]) == (
        "person:person:change",
        {"name": ["Ann Lee", "Ann Li"]},
        "cli:test",
        "web",
    )


async def test_a_role_is_noted_in_the_trail_of_its_practice(database: Database, practice: Practice, boss: Caller, someone: Someone) -> None:
    ann = await someone(practice.id, Role.BILLER)
    await grant_role(database, boss, ann.person_id, practice.id, Role.FRONT_DESK)
    await grant_role(database, boss, ann.person_id, practice.id, Role.FRONT_DESK)
    await revoke_role(database, boss, ann.person_id, practice.id, Role.BILLER)
    async with database.practice(practice.id) as transaction:
        trail = [(one["actor"], one["action"], one["changes"]) for one in await read_trail(transaction, ann.person_id)]
    assert trail == [
        ("cli:test", "person:role:grant", {"role": [None, "biller"]}),
        (boss.actor, "person:role:grant", {"role": [None, "front_desk"]}),
        (boss.actor, "person:role:revoke", {"role": ["biller", None]}),
    ]
    async with database.shared() as transaction:
        assert (await read_roles(transaction, [ann.person_id]))[ann.person_id] == {practice.id: {Role.FRONT_DESK}}


async def test_an_administrator_of_one_practice_gives_roles_there_and_nowhere_else(
    database: Database, practice: Practice, other: Practice, boss: Caller, someone: Someone
) -> None:
    ann = await someone(other.id, Role.CLINICIAN)
    await grant_role(database, boss, ann.person_id, practice.id, Role.ADMINISTRATOR)
    for beyond in (other.id, EVERYWHERE):
        with pytest.raises(NotAllowed):
            await grant_role(database, boss, ann.person_id, beyond, Role.BILLER)
        with pytest.raises(NotAllowed):
            await revoke_role(database, boss, ann.person_id, beyond, Role.CLINICIAN)


async def test_nobody_changes_their_own_roles(database: Database, practice: Practice, boss: Caller) -> None:
    for act in (grant_role, revoke_role):
        with pytest.raises(NotAllowed, match="their own"):
            await act(database, boss, boss.person_id, practice.id, Role.CLINICIAN)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMINISTRATOR])
async def test_who_does_not_manage_people_gives_no_role(database: Database, practice: Practice, someone: Someone, role: Role) -> None:
    ann, bob = await someone(practice.id, role), await someone(practice.id, Role.BILLER)
    with pytest.raises(NotAllowed):
        await grant_role(database, ann, bob.person_id, practice.id, role)
    with pytest.raises(NotAllowed):
        await add_person(database, ann, Particulars(name="X", sign_in_name="xx"), {practice.id: frozenset({role})})


@pytest.mark.parametrize("beyond", ["at another practice too", "everywhere", "nowhere"])
async def test_who_has_access_beyond_an_administrators_practice_is_out_of_their_hands(
    database: Database, practice: Practice, other: Practice, boss: Caller, someone: Someone, beyond: str
) -> None:
    """Else an administrator of one practice could take over an account that may more than they do."""
    ann = await someone() if beyond == "nowhere" else await someone(practice.id, Role.BILLER)
    if beyond != "nowhere":
        await grant_role(database, OPERATOR, ann.person_id, other.id if "too" in beyond else EVERYWHERE, Role.AUDITOR)
    for act in (deactivate_person, reactivate_person):
        with pytest.raises(NotAllowed, match="beyond what you manage"):
            await act(database, boss, ann.person_id)
    with pytest.raises(NotAllowed, match="beyond what you manage"):
        await change_person(database, boss, ann.person_id, Particulars(name="Mallory", sign_in_name="mallory"))


async def test_somebody_of_no_practice_is_added_by_administrators_of_all(database: Database, boss: Caller) -> None:
    with pytest.raises(NotAllowed):
        await add_person(database, boss, Particulars(name="X", sign_in_name="xx"), {})


async def test_nothing_is_left_of_somebody_who_could_not_be_given_every_role(
    database: Database, practice: Practice, other: Practice, boss: Caller
) -> None:
    roles = {practice.id: frozenset({Role.BILLER}), other.id: frozenset({Role.BILLER})}
    with pytest.raises(NotAllowed):
        await add_person(database, boss, Particulars(name="Eve", sign_in_name="eve.half"), roles)
    async with database.shared() as transaction:
        assert await find_person(transaction, "eve.half") is None


async def test_a_deactivated_person_has_no_rights_until_given_back(database: Database, practice: Practice, boss: Caller, someone: Someone) -> None:
    ann = await someone(practice.id, Role.BILLER)
    await deactivate_person(database, boss, ann.person_id)
    async with database.shared() as transaction:
        assert (await caller_of(transaction, ann.person_id)).rights(practice.id) == frozenset()
    await reactivate_person(database, boss, ann.person_id)
    async with database.shared() as transaction:
        assert (await caller_of(transaction, ann.person_id)).roles == {practice.id: {Role.BILLER}}
        trail = [one["action"] for one in await read_trail(transaction, ann.person_id)]
    assert trail == ["person:person:create", "person:person:deactivate", "person:person:reactivate"]
    with pytest.raises(NotAllowed, match="their own"):
        await deactivate_person(database, boss, boss.person_id)


@pytest.fixture
async def last(database: Database, someone: Someone) -> AsyncIterator[Caller]:
    """The only administrator of all practices."""
    made = await someone(EVERYWHERE, Role.ADMINISTRATOR)
    others = "from person_roles where at_practice = %s and person_id <> %s"
    async with database.shared() as transaction:
        cursor = await transaction.connection.execute(f"select person_id, role {others}", [EVERYWHERE, made.person_id])
        kept = await cursor.fetchall()
        await transaction.connection.execute(f"delete {others}", [EVERYWHERE, made.person_id])
    yield made
    async with database.shared() as transaction:
        for person_id, role in kept:
            await transaction.connection.execute("insert into person_roles values (%s, %s, %s, now(), 'test')", [person_id, EVERYWHERE, role])


async def test_the_last_administrator_of_all_practices_stays(database: Database, last: Caller, someone: Someone) -> None:
    with pytest.raises(InvalidValue, match="last administrator"):
        await revoke_role(database, OPERATOR, last.person_id, EVERYWHERE, Role.ADMINISTRATOR)
    with pytest.raises(InvalidValue, match="last administrator"):
        await deactivate_person(database, OPERATOR, last.person_id)
    second = await someone(EVERYWHERE, Role.ADMINISTRATOR)
    await revoke_role(database, last, second.person_id, EVERYWHERE, Role.ADMINISTRATOR)


async def test_administrators_see_the_people_of_their_practice_and_roles_there_only(
    database: Database, practice: Practice, other: Practice, boss: Caller, someone: Someone
) -> None:
    ann, stranger = await someone(practice.id, Role.BILLER, name="Ann"), await someone(other.id, Role.BILLER, name="Stranger")
    await grant_role(database, OPERATOR, ann.person_id, other.id, Role.CLINICIAN)
    async with database.shared() as transaction:
        seen = {person.id: dict(roles) for person, roles in await list_people(transaction, boss)}
        everybody = {person.id: dict(roles) for person, roles in await list_people(transaction, OPERATOR)}
        assert await list_people(transaction, stranger) == []
    assert seen[ann.person_id] == {practice.id: {Role.BILLER}}
    assert stranger.person_id not in seen
    assert everybody[ann.person_id] == {practice.id: {Role.BILLER}, other.id: {Role.CLINICIAN}}


async def test_who_or_what_is_not_there_is_said(database: Database, practice: Practice, someone: Someone) -> None:
    ann = await someone()
    for act in (deactivate_person(database, OPERATOR, new_id()), grant_role(database, OPERATOR, new_id(), practice.id, Role.BILLER)):
        with pytest.raises(IntegrationError, match="no such person"):
            await act
    with pytest.raises(Misconfigured, match="no such practice"):
        await grant_role(database, OPERATOR, ann.person_id, new_id(), Role.BILLER)
