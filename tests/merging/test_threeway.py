"""Nobody's change is overwritten unseen."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from practicestudio.merging import Change, MergeRules, is_missing, merge, pushed, rebuild, units
from practicestudio.records import Address, Insurance, Patient

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ATHENAHEALTH, PRACTICE_STUDIO, NEWEST, ASK = (MergeRules(rule) for rule in ("athenahealth", "practice_studio", "newest", "ask"))

VALUES = st.sampled_from([None, "", "a", "b", "c"])
NUMBERED = ["insurances.1", "insurances.2"]
INSURANCES = {name: Insurance(external_id=name[-1]) for name in NUMBERED}
SIDE = st.builds(
    lambda fixed, insured, custom: fixed | insured | custom,
    st.fixed_dictionaries(dict.fromkeys(("first_name", "last_name", "email"), VALUES)),
    st.dictionaries(st.sampled_from(NUMBERED), st.none(), max_size=2).map(lambda names: {name: INSURANCES[name] for name in names}),
    st.dictionaries(st.sampled_from(["custom_fields.x", "custom_fields.y"]), st.sampled_from(["a", "b", "c"])),
)
BASE = st.none() | SIDE
RULE = st.sampled_from(["athenahealth", "practice_studio", "newest", "ask"])
RULES = st.builds(MergeRules, RULE, st.dictionaries(st.sampled_from(["email", "insurances.*", "custom_fields.*"]), RULE))
MOMENT = st.none() | st.sampled_from([NOON, NOON + timedelta(hours=1)])
MOMENTS = st.dictionaries(st.sampled_from(["first_name", "email", "custom_fields.x"]), st.sampled_from([NOON, NOON + timedelta(hours=1)]))


def nothing(value):
    return value in (None, "")


def alike(one, other):
    return all(one.get(unit) == other.get(unit) or (nothing(one.get(unit)) and nothing(other.get(unit))) for unit in one.keys() | other)


def settled(unit, base, ours, theirs, rules=ATHENAHEALTH, **more):
    """The merge of one unit, given by its three values."""
    return merge(base and {unit: base}, {unit: ours}, {unit: theirs}, rules, **more)


@given(BASE, SIDE, SIDE, RULES, MOMENTS, MOMENT)
def test_merging_the_same_record_again_takes_nothing_and_asks_the_same(base, ours, theirs, rules, ours_changed, theirs_changed):
    times = {"ours_changed": ours_changed, "theirs_changed": theirs_changed}
    first = merge(base, ours, theirs, rules, **times)
    again = merge(first.base, first.merged, theirs, rules, **times)
    assert again.take == ()
    assert again.merged == first.merged
    assert again.base == first.base
    assert again.asked == first.asked
    assert again.send == first.send


@given(SIDE, SIDE, RULES)
def test_what_only_they_changed_is_taken(agreed, theirs, rules):
    outcome = merge(agreed, agreed, theirs, rules)
    assert alike(outcome.merged, theirs)
    assert outcome.send == outcome.conflicts == ()


@given(SIDE, SIDE, RULES)
def test_what_only_we_changed_is_sent(agreed, ours, rules):
    outcome = merge(agreed, ours, agreed, rules)
    assert outcome.merged == ours
    assert outcome.take == outcome.conflicts == ()
    assert alike(pushed(agreed, outcome.send), ours)


@given(BASE, SIDE, RULES)
def test_the_same_change_on_both_sides_is_an_agreement(base, both, rules):
    outcome = merge(base, both, dict(both), rules)
    assert outcome.merged == outcome.base == both
    assert outcome.take == outcome.send == outcome.conflicts == ()


@given(BASE, SIDE, SIDE, RULES, MOMENTS, MOMENT)
def test_every_value_of_the_result_comes_from_one_of_the_two_sides(base, ours, theirs, rules, ours_changed, theirs_changed):
    outcome = merge(base, ours, theirs, rules, ours_changed=ours_changed, theirs_changed=theirs_changed)
    for unit in ours.keys() | theirs.keys() | outcome.merged.keys():
        assert outcome.merged.get(unit) in (ours.get(unit), theirs.get(unit))


@given(BASE, SIDE, SIDE, RULES)
def test_a_value_is_only_overwritten_when_it_was_agreed_or_a_rule_says_so(base, ours, theirs, rules):
    outcome = merge(base, ours, theirs, rules)
    ruled = {conflict.unit for conflict in outcome.conflicts}
    for change in outcome.take:
        assert change.unit in ruled or nothing(change.old) or (base or {}).get(change.unit) == change.old
    for change in outcome.send:
        assert change.unit in ruled or nothing(change.old) or (base or {}).get(change.unit) == change.old


@given(BASE, SIDE, SIDE, RULES, MOMENTS, MOMENT)
def test_after_the_push_both_sides_hold_the_same_save_what_is_asked(base, ours, theirs, rules, ours_changed, theirs_changed):
    outcome = merge(base, ours, theirs, rules, ours_changed=ours_changed, theirs_changed=theirs_changed)
    their_next = pushed(theirs, outcome.send)
    next_base = pushed(outcome.base, outcome.send)
    after = merge(next_base, outcome.merged, their_next, rules, ours_changed=ours_changed, theirs_changed=theirs_changed)
    assert after.take == after.send == ()
    assert after.asked == outcome.asked
    unasked = [{unit: value for unit, value in side.items() if unit not in outcome.asked} for side in (outcome.merged, their_next)]
    assert alike(*unasked)


@given(BASE, SIDE, SIDE)
def test_what_one_side_sends_the_other_would_take(base, ours, theirs):
    here = merge(base, ours, theirs, ATHENAHEALTH)
    there = merge(base, theirs, ours, PRACTICE_STUDIO)
    assert {(c.unit, c.old, c.new) for c in here.take} == {(c.unit, c.old, c.new) for c in there.send}
    assert {(c.unit, c.old, c.new) for c in here.send} == {(c.unit, c.old, c.new) for c in there.take}


@pytest.mark.parametrize(
    ("rules", "merged", "winner"),
    [(ATHENAHEALTH, "theirs", "theirs"), (PRACTICE_STUDIO, "ours", "ours"), (ASK, "ours", None), (NEWEST, "ours", None)],
)
def test_when_both_changed_the_rule_decides_and_the_conflict_is_kept(rules, merged, winner):
    outcome = settled("email", "base", "ours", "theirs", rules)
    (conflict,) = outcome.conflicts
    assert outcome.merged["email"] == merged
    assert (conflict.base, conflict.ours, conflict.theirs, conflict.winner) == ("base", "ours", "theirs", winner)
    assert conflict.rule == rules.default


@pytest.mark.parametrize(
    ("ours_at", "theirs_at", "asked", "value"),
    [
        (NOON, NOON + timedelta(seconds=1), (), "theirs"),
        (NOON + timedelta(seconds=1), NOON, (), "ours"),
        (NOON, NOON, ("email",), "ours"),
        (None, NOON, ("email",), "ours"),
        (NOON, None, ("email",), "ours"),
    ],
)
def test_the_newest_wins_and_an_unknown_time_asks(ours_at, theirs_at, asked, value):
    changed = {"email": ours_at} if ours_at else {}
    outcome = settled("email", "base", "ours", "theirs", NEWEST, ours_changed=changed, theirs_changed=theirs_at)
    assert outcome.asked == asked
    assert outcome.merged["email"] == value


def test_a_unit_that_is_asked_keeps_its_base_while_the_others_go_on():
    outcome = merge(
        {"email": "old", "last_name": "old"},
        {"email": "ours", "last_name": "old"},
        {"email": "theirs", "last_name": "new"},
        ASK,
    )
    assert outcome.asked == ("email",)
    assert outcome.base == {"email": "old", "last_name": "new"}
    assert outcome.take == (Change("last_name", "old", "new"),)


def test_a_unit_that_was_never_agreed_on_stays_so_while_it_is_asked():
    assert merge(None, {"email": "ours"}, {"email": "theirs"}, ASK).base == {}


def test_a_decision_for_ours_stands_although_their_record_changes_elsewhere_later():
    first = settled("email", "base", "ours", "theirs", NEWEST, ours_changed={"email": NOON}, theirs_changed=NOON - timedelta(hours=1))
    later = merge(first.base, first.merged, {"email": "theirs"}, NEWEST, ours_changed={"email": NOON}, theirs_changed=NOON + timedelta(days=1))
    assert later.send == (Change("email", "theirs", "ours"),)
    assert later.conflicts == ()


def test_without_a_base_a_value_on_one_side_only_stands():
    ours, theirs = {"email": "ours", "gender": "unknown"}, {"email": None, "gender": "female"}
    outcome = merge(None, ours, theirs, ASK)
    assert outcome.merged == {"email": "ours", "gender": "female"}
    assert outcome.conflicts == ()


def test_a_value_that_they_cleared_is_cleared_here():
    outcome = settled("email", "old", "old", None)
    assert outcome.take == (Change("email", "old", None),)


def test_an_insurance_that_they_removed_is_removed_here():
    policy = Insurance(external_id="7", sequence=1)
    agreed = units(Patient(insurances=(policy,)))
    outcome = merge(agreed, agreed, units(Patient()), ATHENAHEALTH)
    assert outcome.take == (Change("insurances.7", policy, None),)
    assert rebuild(Patient, outcome.merged) == Patient()
    assert "insurances.7" not in outcome.base


def test_a_feed_that_does_not_speak_of_insurances_removes_none():
    agreed = units(Patient(last_name="Old", insurances=(Insurance(external_id="7"),), custom_fields={"x": "1"}))
    theirs = units(Patient(last_name="New"))
    outcome = merge(agreed, agreed, theirs, ATHENAHEALTH, known=["last_name", "custom_fields.*"])
    assert {change.unit for change in outcome.take} == {"last_name", "custom_fields.x"}
    assert outcome.base["insurances.7"] == agreed["insurances.7"]


def test_a_unit_that_theirs_lacks_altogether_is_left_as_it_is():
    outcome = merge({"email": "old", "last_name": "old"}, {"email": "mine", "last_name": "old"}, {"last_name": "new"}, ATHENAHEALTH)
    assert outcome.merged == {"email": "mine", "last_name": "new"}
    assert outcome.base == {"email": "old", "last_name": "new"}
    assert outcome.send == ()


def test_a_new_record_is_taken_whole():
    theirs = units(Patient(first_name="Ada", address=Address(city="Salem"), insurances=(Insurance(external_id="1"),)))
    outcome = merge(None, {}, theirs, ASK)
    assert outcome.merged == outcome.base == theirs
    assert {change.unit for change in outcome.take} >= {"status", "first_name", "address", "insurances.1"}
    assert not any(is_missing(change.unit, change.new) for change in outcome.take)
    assert outcome.send == outcome.conflicts == ()


def test_an_address_is_one_value():
    base, ours, theirs = (Address(line1=line, city=city) for line, city in [("1 A St", "Salem"), ("2 B St", "Salem"), ("1 A St", "Lynn")])
    outcome = settled("address", base, ours, theirs)
    assert outcome.merged["address"] == theirs


def test_what_is_merged_is_a_copy():
    ours, theirs = {"email": "a"}, {"email": "a"}
    outcome = merge(None, ours, theirs, ASK)
    outcome.merged["email"] = "b"
    assert ours == theirs == {"email": "a"}
