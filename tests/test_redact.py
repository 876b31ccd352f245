"""What reaches a log line: what is listed, and nothing else."""

import io
import json
from contextlib import redirect_stderr
from uuid import UUID

import pytest
import structlog

from practicestudio.delivery.worker import InternalFault
from practicestudio.errors import Misconfigured
from practicestudio.redact import configure_logging, place_of
from practicestudio.store.keyring import Keyring


def test_a_field_that_is_not_listed_loses_its_value() -> None:
    with redirect_stderr(io.StringIO()) as output:
        configure_logging("info", as_json=True)
        structlog.get_logger().info("message_failed", message_id="m-1", patient="Canary", query="?firstname=Canary")
    structlog.reset_defaults()
    line = json.loads(output.getvalue())
    assert (line["event"], line["message_id"], line["patient"], line["query"]) == ("message_failed", "m-1", "[not logged]", "[not logged]")
    assert "Canary" not in output.getvalue()


def test_the_place_of_an_error_is_ours_where_it_passed_there() -> None:
    with pytest.raises(ValueError, match="badly formed") as raised:
        UUID("Canary")
    assert place_of(raised.value).startswith("uuid:")
    with pytest.raises(Misconfigured) as raised_by_us:
        Keyring.load("no key ring")
    assert place_of(raised_by_us.value).startswith("practicestudio.store.keyring:")
    assert place_of(ValueError("never raised")) == "?:0"


def test_a_fault_of_ours_is_told_without_the_words_of_the_exception() -> None:
    assert "Canary" not in InternalFault(ValueError("Canary")).sentence
