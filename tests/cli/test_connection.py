"""`practicestudio connection`: secrets go in and never come out; a test says what is wrong and what to do."""

from typing import Any

import pytest

SECRET = "correct-horse-battery"


@pytest.fixture(scope="module")
def practice(command: Any) -> str:
    command.ok("practice", "add", "195901", "--name", "Cascade", "--time-zone", "America/Los_Angeles")
    return "195901"


def set_(command: Any, practice: str, *arguments: str, secret: str = SECRET) -> Any:
    return command("connection", "set", "--practice", practice, *arguments, stdin=f"{secret}\n")


def steps(command: Any, practice: str) -> dict[str, dict[str, Any]]:
    return {one["step"]: one for one in command("connection", "test", "--practice", practice, "--json").json}


def test_without_a_connection_show_says_how_to_set_one(command: Any, practice: str) -> None:
    result = command("connection", "show", "--practice", practice)
    assert result.status == 1
    assert "connection set" in result.err


def test_what_was_set_is_shown_without_the_secret(command: Any, practice: str, sandbox: Any) -> None:
    given = ("--client-id", "sandbox", "--base-url", sandbox.base_url, "--dialect", "guide", "--calls-per-second", "7", "--calls-per-day", "none")
    assert set_(command, practice, *given, "--secret-stdin").status == 0
    shown = command.ok("connection", "show", "--practice", practice, "--json")
    assert (shown.json["client_id"], shown.json["dialect"], shown.json["per_second"], shown.json["per_day"]) == ("sandbox", "guide", 7, None)
    for output in (shown, command.ok("connection", "show", "--practice", practice), command("connection", "test", "--practice", practice)):
        assert SECRET not in output.out + output.err


def test_what_is_not_given_stays(command: Any, practice: str, sandbox: Any) -> None:
    set_(command, practice, "--client-id", "sandbox", "--base-url", sandbox.base_url, "--dialect", "guide", "--secret-stdin")
    assert command.ok("connection", "set", "--practice", practice, "--tokens-per-minute", "none").status == 0
    shown = command.ok("connection", "show", "--practice", practice, "--json").json
    assert (shown["dialect"], shown["client_id"], shown["tokens_per_minute"]) == ("guide", "sandbox", None)


def test_an_address_that_is_not_encrypted_is_refused(command: Any, practice: str) -> None:
    result = set_(command, practice, "--client-id", "x", "--base-url", "http://api.example.com", "--secret-stdin")
    assert result.status == 1
    assert "unencrypted" in result.err


def test_a_limit_that_is_no_number_is_wrong_usage(command: Any, practice: str) -> None:
    assert set_(command, practice, "--calls-per-day", "many").status == 2


def test_the_right_credentials_pass_every_step_and_the_refusal_of_wrong_ones_is_forgotten(command: Any, practice: str, sandbox: Any) -> None:
    set_(command, practice, "--client-id", "sandbox", "--base-url", sandbox.base_url, "--secret-stdin", secret="wrong")
    refused = steps(command, practice)
    assert refused["token"]["state"] == "failed"
    assert refused["ping"]["state"] == "not tried"
    set_(command, practice, "--client-id", "sandbox", "--secret-stdin", secret="sandbox")
    passed = steps(command, practice)
    assert {one["state"] for one in passed.values()} == {"ok"}
    assert list(passed)[:5] == ["name", "connection", "TLS", "token", "ping"]


def test_a_host_that_nobody_answers_at_is_one_sentence_a_step(command: Any, practice: str) -> None:
    set_(command, practice, "--client-id", "sandbox", "--base-url", "http://127.0.0.1:9", "--secret-stdin")
    result = command("connection", "test", "--practice", practice, "--json")
    assert result.status == 1
    failed = {one["step"]: one["told"] for one in result.json if one["state"] == "failed"}
    assert failed["connection"].startswith("127.0.0.1 refused the connection.")
    assert "Traceback" not in result.err


def test_a_name_that_does_not_resolve_is_told(command: Any, practice: str) -> None:
    set_(command, practice, "--client-id", "sandbox", "--base-url", "https://athena.invalid", "--secret-stdin")
    assert steps(command, practice)["name"]["told"].startswith("The name athena.invalid does not resolve.")


def test_all_connections_are_tested_a_line_each_and_the_results_are_kept(command: Any, practice: str, sandbox: Any) -> None:
    set_(command, practice, "--client-id", "sandbox", "--base-url", sandbox.base_url, "--secret-stdin", secret="sandbox")
    result = command.ok("connection", "test", "--all", "--json", "--by", "ann")
    tested = {one["practice"]: one for one in result.json}
    assert tested[practice]["state"] == "ok"
    assert len(tested[practice]["steps"]) == 9


def test_a_test_names_one_practice_or_all(command: Any, practice: str) -> None:
    assert command("connection", "test").status == 2
    assert command("connection", "test", "--all", "--practice", practice).status == 2
