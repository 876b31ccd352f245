"""Families, as they come in: who is linked, who is asked about, who is new."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from practicestudio.matching import RULES, Candidate, FullAgreement, Link, Matcher, New, Unsure, decide
from practicestudio.records import Address, Patient

HOME = Address(line1="123 Main St", city="Springfield", state="IL", postal_code="62701")
MAIN, OTHER = UUID(int=1), UUID(int=2)
ANN = Patient(
    first_name="Ann",
    last_name="Miller",
    date_of_birth=date(1980, 5, 15),
    gender="female",
    phone_home="+15555551234",
    email="ann@example.com",
    address=HOME,
)
BARE = {"phone_home": None, "email": None, "address": Address()}
MOVED = Address(line1="9 Oak Ave", city="Salem", state="OR", postal_code="97301")


def outcome(incoming, *ours):
    return decide(incoming, [Candidate(UUID(int=number), patient) for number, patient in enumerate(ours, 1)])


FAMILIES = [
    ("the same record", {}, {}, Link),
    ("written in capitals", {}, {"first_name": "ANN", "last_name": "MILLER", "email": "ANN@EXAMPLE.COM"}, Link),
    ("a move with the phone kept", {}, {"address": MOVED, "email": None}, Link),
    ("a new phone and e-mail at the old postal code", {}, {"phone_home": "+15558887777", "email": "miller@example.com"}, Link),
    ("a move with nothing kept", {}, {"address": MOVED, "phone_home": "+15558887777", "email": None}, Unsure),
    ("no contact on one side", {}, BARE, Unsure),
    ("no contact on both sides", BARE, BARE, Unsure),
    ("placeholder contacts on both sides", BARE | {"phone_home": "+19999999999"}, BARE | {"phone_home": "+19999999999"}, Unsure),
    ("gender unknown on one side", {}, {"gender": "unknown"}, Link),
    ("gender differs", {}, {"gender": "male"}, Unsure),
    ("the social security number differs", {"ssn_last4": "1234"}, {"ssn_last4": "4321"}, Unsure),
    ("the middle name differs", {"middle_name": "Beth"}, {"middle_name": "Claire"}, Unsure),
    ("the middle name is an initial", {"middle_name": "Beth"}, {"middle_name": "B."}, Link),
    ("twins", {}, {"first_name": "Zoe"}, New),
    ("twins with similar names", {"first_name": "Jayden"}, {"first_name": "Jaden"}, Unsure),
    ("twins with one sound", {"first_name": "Sofia"}, {"first_name": "Sophia"}, Unsure),
    ("newborn twins without names", {"first_name": "Baby A"}, {"first_name": "Baby B"}, Unsure),
    ("a newborn who has a name now", {"first_name": "Baby Girl"}, {}, Unsure),
    ("a nickname", {"first_name": "Robert"}, {"first_name": "Bob"}, Unsure),
    ("called by the middle name", {"first_name": "Ann", "middle_name": "Claire"}, {"first_name": "Claire"}, Unsure),
    ("a marriage", {}, {"last_name": "Okafor"}, Unsure),
    ("a marriage with both names", {}, {"last_name": "Miller-Okafor", "address": MOVED, "phone_home": None, "email": None}, Unsure),
    ("another Ann born that day", {}, {"last_name": "Okafor", "address": MOVED, "phone_home": "+15558887777", "email": None}, New),
    ("another Miller born that day", {}, {"first_name": "Zoe", "address": MOVED, "phone_home": "+15558887777", "email": None}, New),
    ("another Miller born that day, of whom little is known", {}, {"first_name": "Zoe", **BARE}, Unsure),
    ("brother and sister born that day, of whom little is known", {}, {"first_name": "Zack", "gender": "male", **BARE}, New),
    ("a couple at one phone", {}, {"first_name": "Carl", "gender": "male", "date_of_birth": date(1978, 1, 2)}, New),
    ("mother and daughter with one name", {}, {"date_of_birth": date(2004, 11, 30)}, Unsure),
    ("mother and daughter with similar names", {}, {"first_name": "Anna", "date_of_birth": date(2004, 11, 30)}, New),
    ("father and son, both with a suffix", {"suffix": "Sr"}, {"suffix": "Jr", "date_of_birth": date(2004, 11, 30)}, New),
    ("father and son, one with a suffix", {}, {"last_name": "Miller Jr", "date_of_birth": date(2004, 11, 30)}, Unsure),
    ("another suffix but all else equal", {"suffix": "Sr"}, {"suffix": "Jr"}, Unsure),
    ("another suffix and a digit of the date", {"suffix": "Sr"}, {"suffix": "Jr", "date_of_birth": date(1990, 5, 15)}, Unsure),
    ("a suffix on one side only", {}, {"suffix": "III"}, Link),
    ("no date of birth", {}, {"date_of_birth": None}, Unsure),
    ("a placeholder date of birth on both sides", {"date_of_birth": date(1900, 1, 1)}, {"date_of_birth": date(1900, 1, 1)}, Unsure),
    ("no date of birth and a nickname", {"first_name": "Robert"}, {"first_name": "Bob", "date_of_birth": None}, Unsure),
    ("no date of birth and no contact", {}, {"date_of_birth": None, **BARE}, New),
    ("day and month exchanged", {"date_of_birth": date(1980, 5, 12)}, {"date_of_birth": date(1980, 12, 5)}, Unsure),
    ("a nickname and a digit of the date", {"first_name": "Robert"}, {"first_name": "Rob", "date_of_birth": date(1980, 5, 16)}, Unsure),
    ("one social security number, other names", {"ssn_last4": "1234"}, {"ssn_last4": "1234", "first_name": "Zoe", **BARE}, Unsure),
    ("a marriage and a move", {"ssn_last4": "1234"}, {"ssn_last4": "1234", "last_name": "Okafor", **BARE}, Unsure),
    ("the same name in one town", {}, BARE | {"date_of_birth": date(1961, 8, 30), "address": Address(postal_code="62701")}, New),
    ("nobody's last name", {}, {"last_name": "Unknown"}, Unsure),
    ("a deleted patient", {"status": "deleted"}, {}, Unsure),
]  # fmt: skip


@pytest.mark.parametrize(("ours", "incoming", "expected"), [row[1:] for row in FAMILIES], ids=[row[0] for row in FAMILIES])
def test_families(ours, incoming, expected):
    assert isinstance(outcome(replace(ANN, **incoming), replace(ANN, **ours)), expected)


def test_nobody_to_compare_with_is_new():
    assert decide(ANN, []) == New()


def test_a_link_names_the_patient_and_its_evidence():
    decision = outcome(ANN, ANN)
    assert isinstance(decision, Link)
    assert decision.id == MAIN
    assert {row.field: row.agreement for row in decision.evidence}["date_of_birth"] == "agrees"


def test_two_full_agreements_are_asked_about():
    decision = outcome(ANN, ANN, ANN)
    assert isinstance(decision, Unsure)
    assert [one.id for one in decision.candidates] == [MAIN, OTHER]
    assert decision.because == "More than one patient agrees in full."


def test_a_patient_who_belongs_to_another_athenahealth_record_is_never_linked():
    decision = decide(ANN, [Candidate(MAIN, ANN, linked=True)])
    assert isinstance(decision, Unsure)
    assert decision.candidates[0].verdict == "linked"
    assert "duplicate" in decision.because


def test_one_free_and_one_linked_full_agreement_are_asked_about():
    assert isinstance(decide(ANN, [Candidate(MAIN, ANN), Candidate(OTHER, ANN, linked=True)]), Unsure)


def test_a_full_agreement_is_linked_although_a_twin_is_similar():
    twin = replace(ANN, first_name="Anne")
    decision = outcome(ANN, twin, ANN)
    assert isinstance(decision, Link)
    assert decision.id == OTHER


def test_the_likeliest_candidate_comes_first_and_others_are_left_out():
    decision = outcome(replace(ANN, first_name="Annie"), replace(ANN, **BARE), ANN, replace(ANN, first_name="Zoe"))
    assert isinstance(decision, Unsure)
    assert [one.id for one in decision.candidates] == [OTHER, MAIN]


def test_a_new_patient_keeps_the_evidence_against_those_who_were_considered():
    decision = outcome(replace(ANN, first_name="Zoe"), ANN)
    assert isinstance(decision, New)
    assert "twins" in decision.considered[0].because


def test_the_cautious_matcher_fits_the_door():
    door: Matcher = FullAgreement()
    assert isinstance(door.decide(ANN, [Candidate(MAIN, ANN)]), Link)


FIELDS = ["first_name", "last_name", "date_of_birth", "phone_home", "email", "address", "gender"]


@given(st.lists(st.sampled_from(FIELDS), unique=True, min_size=1), st.booleans())
def test_dropping_values_never_makes_a_link_that_was_none(dropped, stranger):
    blank = {field: getattr(Patient(), field) for field in dropped}
    other = replace(ANN, first_name="Zoe") if stranger else ANN
    before, after = outcome(ANN, other), outcome(replace(ANN, **blank), other)
    assert isinstance(before, Link) or not isinstance(after, Link)
    if {"first_name", "last_name", "date_of_birth"} & set(dropped) or {"phone_home", "email", "address"} <= set(dropped):
        assert not isinstance(after, Link)


@given(st.permutations([0, 1, 2]))
def test_the_order_of_the_candidates_does_not_matter(order):
    candidates = [Candidate(UUID(int=n), replace(ANN, first_name=name)) for n, name in enumerate(["Anna", "Zoe", "Annie"])]
    assert decide(ANN, [candidates[n] for n in order]) == decide(ANN, candidates)


def row_of_the_docs(rule):
    signs = {"agrees": "=", "similar": "~", "differs": "!", "missing": "?"}
    when = ", ".join(f"{field} `{''.join(sign for word, sign in signs.items() if word in words)}`" for field, words in rule.when.items())
    return f"| {rule.verdict} | {rule.because} | {when} |"


def test_the_page_of_the_docs_lists_every_rule_in_order():
    page = (Path(__file__).parents[2] / "docs" / "matching.md").read_text("utf-8")
    rows = [line for line in page.splitlines() if line.startswith(("| same", "| unsure", "| other"))]
    assert rows == [row_of_the_docs(rule) for rule in RULES]


def test_every_rule_decides_at_least_one_family():
    reasons = set()
    for _, ours, incoming, _ in FAMILIES:
        candidate = Candidate(MAIN, replace(ANN, **ours))
        reasons.add(FullAgreement().weigh(replace(ANN, **incoming), candidate).because)
    assert {rule.because for rule in RULES} <= reasons
