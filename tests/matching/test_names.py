"""The same name looks the same, however it was typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from practicestudio.matching.names import first_name, is_nickname, last_name, plain_words, sound, suffix


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("O'Neil", "ONEIL"),
        ("O’Neil", "o'neil"),
        ("McDonald", "Mc Donald"),
        ("De La Cruz", "delacruz"),
        ("Müller", "MULLER"),
        ("Nuñez", "Nunez"),
        ("Nun\u0303ez", "Nuñez"),
        ("Łukasz", "Lukasz"),
        ("Smith-Jones", "smith jones"),
        ("St. John", "St John"),
        ("  Doe ", "doe"),
        ("Weiß", "WEISS"),
    ],
)
def test_two_ways_to_write_a_last_name_are_one(one, other):
    assert last_name(one).whole == last_name(other).whole != ""


@pytest.mark.parametrize(
    ("text", "whole", "found"),
    [
        ("Smith Jr.", "smith", "jr"),
        ("Smith, Sr", "smith", "sr"),
        ("Smith III", "smith", "iii"),
        ("Smith 2nd", "smith", "ii"),
        ("Smith Junior", "smith", "jr"),
        ("Smith", "smith", ""),
        ("Senior", "senior", ""),
        ("Tran V", "tranv", ""),
    ],
)
def test_a_suffix_at_the_end_of_a_last_name_is_set_apart(text, whole, found):
    name = last_name(text)
    assert (name.whole, name.suffix) == (whole, found)


@pytest.mark.parametrize(("text", "found"), [("Jr.", "jr"), ("SENIOR", "sr"), ("II", "ii"), ("V", "v"), ("MD", ""), ("", "")])
def test_the_suffix_field_tells_the_generation_and_no_degree(text, found):
    assert suffix(text) == found


@pytest.mark.parametrize(
    ("text", "parts"),
    [("Smith-Jones", ("smith", "jones")), ("De La Cruz", ("cruz",)), ("van der Berg", ("berg",)), ("Los", ("los",)), ("O Neil", ("neil",))],
)
def test_a_part_that_can_stand_for_the_name_is_no_particle(text, parts):
    assert last_name(text).parts == parts


@pytest.mark.parametrize("text", [None, "", "  ", "Unknown", "N/A", "--", "LNU", "no last name"])
def test_a_last_name_that_is_not_known_is_empty(text):
    assert last_name(text).whole == ""


@pytest.mark.parametrize("text", [None, "Baby Boy", "babygirl", "NEWBORN", "Twin A", "fnu", "Unknown"])
def test_a_first_name_that_is_not_given_yet_is_empty(text):
    assert first_name(text).whole == ""


@pytest.mark.parametrize("text", ["Na", "Null", "Boyd", "李", "Test1"])
def test_a_rare_name_is_a_name(text):
    assert last_name(text).whole == text.lower()


@pytest.mark.parametrize(("one", "other"), [("smith", "smyth"), ("oneil", "oneill"), ("catherine", "katherine"), ("stephen", "steven")])
def test_names_that_sound_alike_have_one_sound(one, other):
    assert sound(one) == sound(other)


def test_a_name_that_metaphone_cannot_hear_sounds_like_itself():
    assert sound("李") != sound("王")


@pytest.mark.parametrize(("one", "other"), [("bob", "robert"), ("robert", "bob"), ("bob", "rob"), ("liz", "elizabeth"), ("liz", "beth")])
def test_short_forms_are_nicknames(one, other):
    assert is_nickname(one, other)


@pytest.mark.parametrize(("one", "other"), [("robert", "richard"), ("bob", "anna"), ("jayden", "noah")])
def test_different_names_are_no_nicknames(one, other):
    assert not is_nickname(one, other)


@given(st.text(max_size=40))
def test_normalising_twice_changes_nothing(text):
    words = plain_words(text)
    assert plain_words(" ".join(words)) == words


@given(st.text(st.characters(max_codepoint=0x24F), max_size=40))
def test_case_never_matters(text):
    assert plain_words(text.upper()) == plain_words(text.lower())


@given(st.text(max_size=40) | st.none())
def test_any_text_can_be_a_name(text):
    assert first_name(text).whole == "".join(first_name(text).words)
    assert last_name(text).whole == "".join(last_name(text).words)
