from itertools import pairwise

import phonenumbers
import pytest

from practicestudio.sandbox.catalogue import catalogue_of
from practicestudio.sandbox.checks import LENGTHS, PHONES, is_nanp
from practicestudio.sandbox.families import Role
from practicestudio.sandbox.parameters import read_date
from practicestudio.sandbox.population import Population

EAST = catalogue_of("195900", 0)


def people_of(size: int = 500, seed: int = 1, practice: int = 0) -> Population:
    return Population(seed, catalogue_of(("195900", "195901")[practice], practice), size)


def with_role(people: Population, role: Role) -> list[int]:
    return [person for person in range(1, people.size + 1) if people.who(person).place.role == role]


def test_the_same_seed_practice_and_id_give_the_same_person_whatever_the_size() -> None:
    assert people_of(100).patient(57) == people_of(1_000_000).patient(57)


def test_another_seed_or_practice_gives_another_person() -> None:
    names = {(person["firstname"], person["lastname"], person["dob"]) for person in (people_of().patient(1), people_of(seed=2).patient(1))}
    assert len(names | {tuple(people_of(practice=1).patient(1)[name] for name in ("firstname", "lastname", "dob"))}) == 3


def test_twins_share_name_birthday_and_phone_but_not_the_first_name() -> None:
    people = people_of(5000)
    twins = with_role(people, "twin")
    pairs = [(one, two) for one, two in pairwise(twins) if two == one + 1 and two in people.household(one)]
    assert pairs
    for one, two in pairs:
        first, second = people.patient(one), people.patient(two)
        assert [first[name] for name in ("lastname", "dob", "zip")] == [second[name] for name in ("lastname", "dob", "zip")]
        assert first.get("homephone") == second.get("homephone")
    assert all(people.first_name(one) != people.first_name(two) for one, two in pairs)


def test_a_junior_bears_his_fathers_name_and_another_birthday() -> None:
    people = people_of()
    for junior in with_role(people, "junior"):
        son, father = people.patient(junior), people.patient(people.household(junior)[0])
        assert (father["suffix"], son["suffix"]) == ("Sr", "Jr")
        assert son["lastname"] == father["lastname"]
        assert {son["sex"], father["sex"]} == {"M"}
        assert son["dob"][6:] > father["dob"][6:]
    assert with_role(people, "junior")


def test_who_moved_out_keeps_the_old_home_phone_at_another_address() -> None:
    people = people_of(3000)
    moved = [(people.patient(person), people.patient(people.household(person)[0])) for person in with_role(people, "moved_out")]
    assert any(child.get("homephone") == parent.get("homephone") and child["address1"] != parent["address1"] for child, parent in moved)


def test_children_may_have_their_parents_mobile_and_mail() -> None:
    people = people_of(3000)
    children = [(people.patient(child), people.patient(people.household(child)[0])) for child in with_role(people, "child")]
    assert any(child.get("mobilephone") and child["mobilephone"] == parent.get("mobilephone") for child, parent in children)
    assert any(child.get("email") and child["email"] == parent.get("email") for child, parent in children)


def test_some_are_registered_by_their_nickname_and_some_prefer_it() -> None:
    people = [people_of(2000).patient(person) for person in range(1, 2001)]
    assert any(person["firstname"] in ("Bob", "Bill", "Liz", "Peggy", "Jim") for person in people)
    assert any(person.get("preferredname") for person in people)


def test_every_value_would_pass_athenahealths_own_rules() -> None:
    people = people_of(3000)
    for person in range(1, 3001):
        record = people.patient(person)
        assert read_date(record["dob"]) is not None
        for name in PHONES & record.keys():
            assert is_nanp(record[name]), record[name]
        for name in LENGTHS.keys() & record.keys():
            assert len(str(record[name])) <= LENGTHS[name], (name, record[name])


def test_phones_are_valid_north_american_numbers() -> None:
    people = people_of()
    numbers = {record["homephone"] for record in map(people.patient, range(1, 501)) if "homephone" in record}
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(number, "US")) for number in numbers)


@pytest.mark.parametrize("size", [0, 1, 12, 25, 48, 500, 1201])
def test_a_departments_people_are_numbered_without_gaps(size: int) -> None:
    people = people_of(size)
    for department in (one.id for one in EAST.departments):
        theirs = [person for person in range(1, size + 1) if people.department(person) == department]
        assert people.count_in(department) == len(theirs)
        assert [people.nth_in(department, rank) for rank in range(len(theirs))] == theirs
        assert [people.rank_in(department, person) for person in theirs] == list(range(len(theirs)))


def test_a_phone_a_mail_an_ssn_and_a_last_name_lead_back_to_their_people() -> None:
    people = people_of(40_000)
    for person in range(39_000, 39_200):
        record = people.patient(person)
        assert person in people.with_ssn(record["ssn"])
        assert person in people.with_last_name(record["lastname"].lower())
        assert "email" not in record or person in people.with_email(record["email"])
        for name in ("homephone", "mobilephone", "workphone"):
            assert name not in record or person in people.with_phone(record[name])


def test_what_leads_to_nobody_is_nobody() -> None:
    people = people_of()
    assert list(people.with_phone("5555555555")) == list(people.with_phone("12")) == list(people.with_phone("")) == []
    assert list(people.with_email("nobody@example.com")) == list(people.with_last_name("nosuchname")) == []


def test_children_are_on_their_parents_policy_and_some_people_have_none() -> None:
    people = people_of(2000)
    child = next(one for one in with_role(people, "child") if people.insurances(one))
    policy, parent = people.insurances(child)[0], people.household(child)[0]
    assert policy["relationshiptoinsured"] == "Child"
    assert policy["insurancepolicyholderlastname"] == people.last_name(parent).upper()
    assert {len(people.insurances(person)) for person in range(1, 2001)} == {0, 1, 2}
