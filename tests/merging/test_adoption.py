"""A policy that athenahealth numbered after we sent it is still the same policy."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from practicestudio.merging import Change, MergeRules, merge, rebuild, units
from practicestudio.records import Insurance, Patient

OURS = Insurance(sequence=1, member_id="ab-1", plan_name="Blue")
THEIRS = replace(OURS, external_id="77", member_id="AB-1")
RULES = MergeRules("ask")


def insured(*policies):
    return units(Patient(insurances=policies))


def test_it_takes_its_number_and_appears_once():
    outcome = merge(insured(OURS), insured(OURS), insured(replace(OURS, external_id="77")), RULES)
    assert rebuild(Patient, outcome.merged).insurances == (replace(OURS, external_id="77"),)
    assert outcome.take == (Change("insurances.77", OURS, replace(OURS, external_id="77")),)
    assert outcome.send == outcome.conflicts == ()
    assert "insurances.sequence-1" not in outcome.base


def test_it_takes_its_number_although_it_was_never_agreed_on():
    outcome = merge(None, insured(OURS), insured(replace(OURS, external_id="77")), RULES)
    assert rebuild(Patient, outcome.merged).insurances == (replace(OURS, external_id="77"),)
    assert outcome.conflicts == ()


def test_what_changed_there_meanwhile_is_taken_with_it_once():
    theirs = replace(THEIRS, plan_name="Blue Plus")
    outcome = merge(insured(OURS), insured(OURS), insured(theirs), RULES)
    assert outcome.take == (Change("insurances.77", OURS, theirs),)


def test_what_changed_here_meanwhile_is_sent_under_its_number():
    ours = replace(OURS, plan_name="Blue Plus")
    outcome = merge(insured(OURS), insured(ours), insured(replace(OURS, external_id="77")), RULES)
    assert outcome.send == (Change("insurances.77", replace(OURS, external_id="77"), replace(ours, external_id="77")),)
    assert outcome.take == (Change("insurances.77", ours, replace(ours, external_id="77")),)


def test_one_that_was_removed_here_is_not_brought_back():
    outcome = merge(insured(OURS), insured(), insured(replace(OURS, external_id="77")), RULES)
    assert rebuild(Patient, outcome.merged).insurances == ()
    assert outcome.send == (Change("insurances.77", replace(OURS, external_id="77"), None),)


def test_another_member_id_is_another_policy():
    other = replace(THEIRS, member_id="ZZ-9")
    outcome = merge(None, insured(OURS), insured(other), RULES)
    assert set(rebuild(Patient, outcome.merged).insurances) == {OURS, other}


def test_without_a_member_id_the_sequence_tells_which_it_is():
    ours = [Insurance(sequence=1, plan_name="Blue"), Insurance(sequence=2, plan_name="Red")]
    theirs = [Insurance(external_id="8", sequence=2, plan_name="Red"), Insurance(external_id="7", sequence=1, plan_name="Blue")]
    outcome = merge(insured(*ours), insured(*ours), insured(*theirs), RULES)
    assert [policy.external_id for policy in rebuild(Patient, outcome.merged).insurances] == ["7", "8"]


def test_its_time_of_change_follows_it():
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    ours, theirs = replace(OURS, plan_name="Mine"), replace(THEIRS, plan_name="Yours")
    times = {"ours_changed": {"insurances.sequence-1": noon}, "theirs_changed": noon - timedelta(hours=1)}
    outcome = merge(insured(OURS), insured(ours), insured(theirs), MergeRules("newest"), **times)
    assert [change.unit for change in outcome.send] == ["insurances.77"]


def test_a_feed_without_insurances_numbers_none():
    outcome = merge(insured(OURS), insured(OURS), units(Patient(last_name="New")), RULES, known=["last_name"])
    assert outcome.merged["insurances.sequence-1"] == OURS


def test_a_number_that_another_policy_of_ours_has_is_not_given_twice():
    outcome = merge(None, insured(replace(OURS, external_id="77"), OURS), insured(replace(OURS, external_id="77")), RULES)
    assert [policy.external_id for policy in rebuild(Patient, outcome.merged).insurances] == ["77", None]


def test_two_policies_with_one_sequence_share_no_number():
    first, second = Insurance(sequence=1, plan_name="Blue"), Insurance(sequence=1, plan_name="Red")
    outcome = merge(None, insured(first, second), insured(replace(first, external_id="77")), RULES)
    assert [policy.external_id for policy in rebuild(Patient, outcome.merged).insurances] == ["77", None]
