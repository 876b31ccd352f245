"""Two records of one person share a key; a value that is not known makes none."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from practicestudio.matching import fits_query, match_keys, search_keys, search_terms
from practicestudio.matching.names import last_name
from practicestudio.records import Patient

JOHN = Patient(
    first_name="John",
    last_name="Doe",
    preferred_name="Jack",
    date_of_birth=date(1980, 5, 15),
    phone_home="+15555551234",
    phone_mobile="+15551234567",
    email="John.Doe@Example.com",
)


def kinds(patient):
    return {kind for kind, _ in match_keys(patient)}


def finds(query, patient=JOHN):
    terms = search_terms(query)
    return bool(terms) and set(terms) <= set(search_keys(patient))


def test_a_full_record_has_a_key_of_each_kind():
    assert match_keys(JOHN) == [
        ("dob_sound_last", "1980-05-15 T"),
        ("dob_sound_first", "1980-05-15 JN"),
        ("phone", "+15555551234"),
        ("phone", "+15551234567"),
        ("email", "john.doe@example.com"),
    ]


@pytest.mark.parametrize(
    "changed",
    [
        {"last_name": "Dow", "phone_home": None, "phone_mobile": None, "email": None},
        {"last_name": "Doe-Miller", "first_name": "J.", "phone_home": None, "phone_mobile": None, "email": None},
        {"last_name": "Miller", "phone_home": None, "phone_mobile": None, "email": None},
        {"last_name": "Miller", "first_name": "Jon", "phone_home": None, "phone_mobile": None, "email": None},
        {"date_of_birth": None, "email": None},
        {"date_of_birth": date(1981, 5, 15), "phone_home": None, "phone_mobile": None},
    ],
)
def test_a_changed_record_of_the_same_person_shares_a_key(changed):
    assert set(match_keys(JOHN)) & set(match_keys(replace(JOHN, **changed)))


@pytest.mark.parametrize(
    ("changed", "lost"),
    [
        ({"date_of_birth": None}, {"dob_sound_last", "dob_sound_first"}),
        ({"date_of_birth": date(1900, 1, 1)}, {"dob_sound_last", "dob_sound_first"}),
        ({"last_name": "Unknown"}, {"dob_sound_last"}),
        ({"first_name": "Baby Girl"}, {"dob_sound_first"}),
        ({"phone_home": "+19999999999", "phone_mobile": "+10000000000"}, {"phone"}),
        ({"email": "noemail@noemail.com"}, {"email"}),
    ],
)
def test_a_value_that_is_not_known_makes_no_key(changed, lost):
    assert kinds(JOHN) - kinds(replace(JOHN, **changed)) == lost


def test_an_empty_record_has_no_key():
    assert match_keys(Patient()) == search_keys(Patient()) == []


@pytest.mark.parametrize(
    "query",
    [
        "jo", "joh", "JOHN", "doe", "do", "john doe", "Doe, John", "jack doe", "5/15/1980", "05-15-1980", "1980-05-15", "19800515", "05151980",
        "john 5/15/1980", "1234", "5551234", "(555) 123-4567", "+1 555 123 4567", "5551234567 doe", "1 555 555 1234", "51234",
    ],
)  # fmt: skip
def test_what_is_typed_finds_the_patient(query):
    assert finds(query)


@pytest.mark.parametrize("query", ["smith", "john smith", "5/16/1980", "9999", "jo 5/16/1980", "5551234568"])
def test_what_belongs_to_another_does_not_find_the_patient(query):
    assert search_terms(query)
    assert not finds(query)


@pytest.mark.parametrize("query", ["", " ", "j", "12", "j d", "13/45/1980", "-- ,"])
def test_what_is_too_short_or_no_date_is_nothing_to_search_for(query):
    assert search_terms(query) == []


@pytest.mark.parametrize(
    ("last", "query"),
    [("Smith-Jones", "jones"), ("Smith-Jones", "smith-jo"), ("O'Neil", "o'neil"), ("De La Cruz", "de la cruz"), ("Müller", "mulle"), ("李明", "李明"),
     ("Featherstonehaugh", "featherstone"), ("Smith Jr.", "smith")],
)  # fmt: skip
def test_any_part_of_a_last_name_finds_it(last, query):
    assert finds(query, Patient(last_name=last))


def test_a_long_word_is_cut_to_its_first_eight_letters():
    assert search_terms("Featherstonehaugh") == [("name", "feathers")]


@given(st.text(max_size=60))
def test_anything_can_be_typed(query):
    assert all(text for _, text in search_terms(query))


@given(st.text(st.characters(categories=["L", "Mn", "Zs", "Pd"]), max_size=30))
def test_a_name_is_found_by_typing_it_as_it_is_written(last):
    patient = Patient(last_name=last)
    assert set(search_terms(last)) <= set(search_keys(patient)) or not last_name(last).whole


def test_digits_within_a_word_are_part_of_it():
    assert search_terms("Test1234") == [("name", "test1234")]


@pytest.mark.parametrize("query", ["john doe", "jack", "JO", "5/15/1980", "1234", "555-123-4567", "doe 05151980", "1 555 555 1234"])
def test_a_query_that_fits_is_found_and_fits(query):
    assert finds(query)
    assert fits_query(JOHN, query)


def test_what_is_typed_beyond_the_length_of_a_key_still_has_to_fit():
    montgomery = replace(JOHN, last_name="Montgomery")
    assert finds("montgomerie", montgomery)
    assert not fits_query(montgomery, "montgomerie")
    assert fits_query(montgomery, "montgome john")
    assert not fits_query(JOHN, "99991234")
    assert not fits_query(JOHN, "5/16/1980")
