"""What is printed: nothing cut in a pipe, times in UTC, one document for a program."""

import json
from datetime import UTC, datetime

import pytest

from practicestudio.cli.output import show_fields, show_list, words

AT = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)


Out = pytest.CaptureFixture[str]


def test_a_table_holds_every_word_of_a_long_sentence_and_no_markup_is_read(capsys: Out) -> None:
    sentence = "[bold] " + "word " * 100
    show_list([{"why": sentence, "id": "x" * 36}], {"why": "Why", "id": "Id"}, as_json=False)
    printed = capsys.readouterr().out
    assert printed.count("word") == 100
    assert "[bold]" in printed
    assert "x" * 36 in printed


def test_json_is_one_document_with_iso_times(capsys: Out) -> None:
    show_list([{"at": AT}], {"at": "At"}, as_json=True)
    assert json.loads(capsys.readouterr().out) == [{"at": "2026-11-23T08:30:00+00:00"}]


def test_nothing_is_told_as_nothing(capsys: Out) -> None:
    show_list([], {"at": "At"}, as_json=False, empty="Nobody.")
    assert capsys.readouterr() == ("", "Nobody.\n")
    show_list([], {"at": "At"}, as_json=True)
    assert json.loads(capsys.readouterr().out) == []


def test_fields_stand_under_each_other(capsys: Out) -> None:
    show_fields({"time_zone": "UTC", "at": AT}, as_json=False)
    assert capsys.readouterr().out == "time zone  UTC\nat         2026-11-23 08:30:00\n"


@pytest.mark.parametrize(("value", "told"), [(None, ""), (True, "yes"), (AT, "2026-11-23 08:30:00"), (("a", 1), "a, 1"), (0, "0")])
def test_values_are_words(value: object, told: str) -> None:
    assert words(value) == told
