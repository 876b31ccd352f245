"""What a caller may, by roles, scopes and emergency access."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from practicestudio.access.caller import EVERYWHERE, Caller
from practicestudio.access.rights import EMERGENCY, PATIENT_DATA, RIGHTS, WORDS, Right, Role
from practicestudio.errors import NotAllowed

HERE, THERE = UUID(int=1), UUID(int=2)


def test_a_role_holds_at_its_practice_and_at_no_other() -> None:
    ann = Caller("person:1", "Ann", roles={HERE: frozenset({Role.AUDITOR})})
    assert ann.rights(HERE) == RIGHTS[Role.AUDITOR]
    assert ann.rights(THERE) == ann.rights(EVERYWHERE) == frozenset()
    assert ann.practices([THERE, HERE]) == [HERE]


def test_a_role_everywhere_holds_at_every_practice_and_adds_to_those_held_there() -> None:
    ann = Caller("person:1", "Ann", roles={EVERYWHERE: frozenset({Role.AUDITOR}), HERE: frozenset({Role.FRONT_DESK})})
    assert ann.rights(THERE) == RIGHTS[Role.AUDITOR]
    assert ann.rights(HERE) == RIGHTS[Role.AUDITOR] | RIGHTS[Role.FRONT_DESK]
    assert ann.practices([HERE, THERE]) == [HERE, THERE]


def test_scopes_only_ever_take_away() -> None:
    scopes = frozenset({Right.PATIENTS_VIEW, Right.PEOPLE_MANAGE})
    key = Caller("key:1", "Front desk program", roles={HERE: frozenset({Role.FRONT_DESK})}, scopes=scopes)
    assert key.rights(HERE) == {Right.PATIENTS_VIEW}
    assert key.rights(THERE) == frozenset()


def test_emergency_access_adds_its_rights_where_it_was_taken() -> None:
    roles = {HERE: frozenset({Role.ADMINISTRATOR}), THERE: frozenset({Role.ADMINISTRATOR})}
    ann = Caller("person:1", "Ann", roles=roles, emergency={HERE: datetime(2031, 1, 1, tzinfo=UTC)})
    assert ann.rights(HERE) == RIGHTS[Role.ADMINISTRATOR] | EMERGENCY
    assert ann.rights(THERE) == RIGHTS[Role.ADMINISTRATOR]
    assert (ann.in_emergency(HERE), ann.in_emergency(THERE)) == (True, False)


def test_what_is_not_allowed_is_said_with_the_right_that_it_needs() -> None:
    ann = Caller("person:1", "Ann", roles={HERE: frozenset({Role.AUDITOR})})
    ann.require(HERE, Right.AUDIT_VIEW)
    with pytest.raises(NotAllowed, match="patients:view"):
        ann.require(HERE, Right.PATIENTS_VIEW)


def test_the_operator_of_the_machine_may_everything_everywhere() -> None:
    assert Caller.operator("root").rights(HERE) == frozenset(Right)


def test_every_right_has_words_and_those_that_show_patient_data_say_so() -> None:
    assert set(WORDS) == set(Right)
    assert {right for right, words in WORDS.items() if "(patient data)" in words} == PATIENT_DATA


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.AUDITOR])
def test_who_gives_access_and_who_checks_it_see_no_patient_data(role: Role) -> None:
    assert not RIGHTS[role] & PATIENT_DATA
