"""The state of a token: good until when, refused until one comes, or failing for a reason that may pass."""

from datetime import UTC, datetime, timedelta

from practicestudio.monitor.token import token_state

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER, EARLIER = NOW + timedelta(minutes=20), NOW - timedelta(minutes=20)


def test_a_token_is_good_until_its_end() -> None:
    assert token_state((LATER, None, None), NOW).standing == "good"
    assert token_state((LATER, None, None), NOW).good_until == LATER
    assert token_state((EARLIER, None, None), NOW).standing == "none"
    assert token_state(None, NOW).standing == "none"


def test_a_refusal_stands_until_a_token_comes_though_its_pause_is_over() -> None:
    state = token_state((None, EARLIER, "access_denied The credentials were refused. Check them."), NOW)
    assert (state.standing, state.why) == ("refused", "The credentials were refused. Check them.")


def test_while_the_old_token_is_good_a_failure_to_renew_it_is_told_with_it() -> None:
    state = token_state((LATER, LATER, "unreachable No connection came about."), NOW)
    assert (state.standing, state.good_until, state.why) == ("good", LATER, "No connection came about.")
    assert token_state((EARLIER, LATER, "unreachable No connection came about."), NOW).standing == "failing"
