"""What is printed: nothing cut in a pipe, times in UTC, one document for a program."""

import io
import json
from datetime import UTC, datetime

import pytest

from practicestudio.cli.output import show_fields, show_list, words

AT = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)


@pytest.fixture
def out(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    stream = io.StringIO()
    monkeypatch.setattr("sys.stdout", stream)
    return stream


def test_a_table_holds_every_word_of_a_long_sentence_and_no_markup_is_read(out: io.StringIO) -> None:
    sentence = "[bold] " + "word " * 100
    show_list([{"why": sentence, "id": "x" * 36}], {"why": "Why", "id": "Id"}, as_json=False)
    assert out.getvalue().count("word") == 100
    assert "[bold]" in out.getvalue()
    assert "x" * 36 in out.getvalue()


def test_json_is_one_document_with_iso_times(out: io.StringIO) -> None:
    show_list([{"at": AT}], {"at": "At"}, as_json=True)
    assert json.loads(out.getvalue()) == [{"at": "2026-11-23T08:30:00+00:00"}]


def test_nothing_is_told_as_nothing(out: io.StringIO, capsys: pytest.CaptureFixture[str]) -> None:
    show_list([], {"at": "At"}, as_json=False, empty="Nobody.")
    assert (out.getvalue(), capsys.readouterr().err) == ("", "Nobody.\n")
    show_list([], {"at": "At"}, as_json=True)
    assert json.loads(out.getvalue()) == []


def test_fields_stand_under_each_other(out: io.StringIO) -> None:
    show_fields({"time_zone": "UTC", "at": AT}, as_json=False)
    assert out.getvalue() == "time zone  UTC\nat         2026-11-23 08:30:00\n"


@pytest.mark.parametrize(("value", "told"), [(None, ""), (True, "yes"), (AT, "2026-11-23 08:30:00"), (("a", 1), "a, 1"), (0, "0")])
def test_values_are_words(value: object, told: str) -> None:
    assert words(value) == told
