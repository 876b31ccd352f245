"""Settings > People, API keys, and emergency access, as those see them who may and those who may not."""

import re
from uuid import UUID

import pytest

from practicestudio.access.caller import EVERYWHERE
from practicestudio.access.people import read_person
from practicestudio.access.rights import WORDS, Role
from practicestudio.access.roles import read_roles
from practicestudio.clock import new_id
from practicestudio.practices.practice import Practice, add_practice
from practicestudio.store.database import Database
from tests.web.conftest import Person, SignIn

WHY = "A patient is unconscious in the waiting room"


@pytest.fixture
async def boss(sign_in: SignIn) -> Person:
    return await sign_in(Role.ADMINISTRATOR)


def at(practice: Practice, path: str = "") -> str:
    return f"/practices/{practice.athena_id}/settings/people{path}"


async def roles_of(database: Database, person: UUID) -> dict[UUID, frozenset[Role]]:
    async with database.shared() as transaction:
        return dict((await read_roles(transaction, [person]))[person])


async def test_somebody_new_gets_roles_and_a_one_time_password_that_is_shown_once(boss: Person, practice: Practice) -> None:
    name = f"nora{new_id().hex}"
    form = {"name": "Nora New", "sign_in_name": name, "email": "", "role": ["biller", "front_desk"]}
    made = await boss.post(at(practice, "/add"), form)
    assert made.status_code == 200
    password = re.search(r'id="password">([a-z0-9-]{23})<', made.text)
    assert password
    listed = (await boss.get(at(practice))).text
    assert "Nora New" in listed
    assert "Front desk" in listed
    assert password[1] not in listed


async def test_what_is_wrong_with_a_form_stands_beside_its_field(boss: Person, practice: Practice) -> None:
    for form, words in (
        ({"name": "", "sign_in_name": "nn", "role": "biller"}, "name is 1 to"),
        ({"name": "N", "sign_in_name": "n n", "role": "biller"}, "sign-in name is 2"),
        ({"name": "N", "sign_in_name": "nn", "email": "no", "role": "biller"}, "is not one"),
        ({"name": "N", "sign_in_name": "nn"}, "No role is chosen"),
        ({"name": "N", "sign_in_name": "nn", "role": "emperor"}, "No role is chosen"),
    ):
        answer = await boss.post(at(practice, "/add"), form)
        assert answer.status_code == 422
        assert words in answer.text


async def test_roles_are_as_they_are_ticked(boss: Person, practice: Practice, sign_in: SignIn, database: Database) -> None:
    ann = await sign_in(Role.BILLER, Role.CLINICIAN)
    answer = await boss.post(at(practice, f"/{ann.id}/roles"), {"role": ["clinician", "auditor"]})
    assert answer.status_code == 303
    assert await roles_of(database, ann.id) == {practice.id: {Role.CLINICIAN, Role.AUDITOR}}


async def test_an_administrator_of_one_practice_gives_no_role_everywhere(
    boss: Person, practice: Practice, sign_in: SignIn, database: Database
) -> None:
    ann = await sign_in(Role.BILLER)
    await boss.post(at(practice, f"/{ann.id}/roles"), {"role": "biller", "everywhere": "administrator"})
    assert await roles_of(database, ann.id) == {practice.id: {Role.BILLER}}
    chief = await sign_in(Role.ADMINISTRATOR, at=EVERYWHERE)
    await chief.post(at(practice, f"/{ann.id}/roles"), {"role": "biller", "everywhere": "auditor"})
    assert await roles_of(database, ann.id) == {practice.id: {Role.BILLER}, EVERYWHERE: {Role.AUDITOR}}


async def test_nobody_changes_their_own_roles_or_resets_themselves(boss: Person, practice: Practice) -> None:
    for path, form in (("roles", {"role": ["administrator", "clinician"]}), ("password", {}), ("deactivate", {})):
        assert (await boss.post(at(practice, f"/{boss.id}/{path}"), form)).status_code == 403, path
    assert "This is you" in (await boss.get(at(practice, f"/{boss.id}"))).text


@pytest.mark.parametrize("act", ["", "/roles", "/particulars", "/password", "/second-factor", "/deactivate", "/reactivate"])
async def test_people_of_another_practice_are_out_of_reach(boss: Person, practice: Practice, sign_in: SignIn, database: Database, act: str) -> None:
    other = await add_practice(database, f"{practice.athena_id}5", "Other", "UTC")
    stranger = await sign_in(Role.BILLER, at=other.id)
    path = at(practice, f"/{stranger.id}{act}")
    assert (await boss.post(path) if act else await boss.get(path)).status_code == 404


async def test_who_may_more_than_the_practice_gives_is_not_taken_over(boss: Person, practice: Practice, sign_in: SignIn) -> None:
    chief = await sign_in(Role.ADMINISTRATOR, at=EVERYWHERE)
    page = (await boss.get(at(practice, f"/{chief.id}"))).text
    assert "beyond what you manage" in page
    for act in ("password", "second-factor", "deactivate", "particulars"):
        assert (await boss.post(at(practice, f"/{chief.id}/{act}"), {"name": "Mallory", "sign_in_name": "mallory"})).status_code == 403, act


async def test_somebody_who_signs_in_already_gets_roles_here(boss: Person, practice: Practice, sign_in: SignIn, database: Database) -> None:
    other = await add_practice(database, f"{practice.athena_id}4", "Other", "UTC")
    ann = await sign_in(Role.BILLER, at=other.id)
    async with database.shared() as transaction:
        name = (await read_person(transaction, ann.id)).sign_in_name
    assert (await boss.post(at(practice, "/existing"), {"known_name": "nobody.here", "role": "biller"})).status_code == 422
    assert (await boss.post(at(practice, "/existing"), {"known_name": name, "role": "auditor"})).status_code == 303
    assert (await roles_of(database, ann.id))[practice.id] == {Role.AUDITOR}


async def test_help_for_somebody_who_cannot_get_in(boss: Person, practice: Practice, sign_in: SignIn) -> None:
    ann = await sign_in(Role.BILLER)
    assert 'id="password"' in (await boss.post(at(practice, f"/{ann.id}/password"))).text
    assert (await ann.get("/account")).status_code == 303  # signed out
    assert (await boss.post(at(practice, f"/{ann.id}/second-factor"))).status_code == 303
    await boss.post(at(practice, f"/{ann.id}/deactivate"))
    assert "has no access since" in (await boss.get(at(practice, f"/{ann.id}"))).text
    await boss.post(at(practice, f"/{ann.id}/reactivate"))
    assert "has no access since" not in (await boss.get(at(practice, f"/{ann.id}"))).text


async def test_the_table_of_rights_has_every_right(boss: Person, practice: Practice) -> None:
    page = (await boss.get(at(practice, "/rights"))).text
    assert not [words for words in WORDS.values() if words not in page]


async def test_a_key_is_made_shown_once_and_revoked(practice: Practice, sign_in: SignIn) -> None:
    desk = await sign_in(Role.ADMINISTRATOR, Role.FRONT_DESK)
    root = f"/practices/{practice.athena_id}/settings/keys"
    last_day = re.search(r'value="(\d{4}-\d\d-\d\d)"', (await desk.get(f"{root}/add")).text)
    assert last_day
    form = {"name": "Front desk program", "ends_on": last_day[1], "scope": ["appointments:view", "appointments:change"]}
    made = await desk.post(f"{root}/add", form)
    token = re.search(r'id="key"[^>]*>(psk_[^<]+)<', made.text)
    assert token
    listed = (await desk.get(root)).text
    assert "Front desk program" in listed
    assert token[1] not in listed
    key = re.search(r"settings/keys/([0-9a-f-]{36})/revoke", listed)
    assert key
    assert (await desk.post(f"{root}/{key[1]}/revoke")).status_code == 303
    assert "revoked" in (await desk.get(root)).text


async def test_a_key_that_may_more_than_its_maker_is_refused(boss: Person, practice: Practice) -> None:
    root = f"/practices/{practice.athena_id}/settings/keys"
    page = (await boss.get(f"{root}/add")).text
    assert "patients:view" not in page
    form = {"name": "Mine", "ends_on": "2031-01-01", "scope": "patients:view"}
    answer = await boss.post(f"{root}/add", form)
    assert answer.status_code == 422
    assert "Nobody gives a key more" in answer.text


async def test_emergency_access_is_taken_with_a_reason_and_shown_on_every_page(practice: Practice, sign_in: SignIn, boss: Person) -> None:
    bob = await sign_in(Role.BILLER)
    root = f"/practices/{practice.athena_id}"
    assert "/emergency" in (await bob.get(f"{root}/")).text
    assert (await bob.post(f"{root}/emergency", {"reason": "now"})).status_code == 422
    assert (await bob.post(f"{root}/emergency", {"reason": WHY})).status_code == 303
    assert "Emergency access until" in (await bob.get(f"{root}/")).text
    assert WHY in (await boss.get(at(practice))).text
    assert (await bob.post(f"{root}/emergency/end")).status_code == 303
    assert "Emergency access until" not in (await bob.get(f"{root}/")).text
    assert (await (await sign_in(Role.AUDITOR)).get(f"{root}/emergency")).status_code == 403
