import pytest

from practicestudio.sandbox.matching import score, sound

WANTED = {"firstname": "Robert", "lastname": "Meyer", "dob": "01/02/1980"}


@pytest.mark.parametrize(
    ("name", "code"), [("Robert", "R163"), ("Rupert", "R163"), ("Ashcraft", "A261"), ("Tymczak", "T522"), ("Lee", "L000"), ("O'Brien", "O165")]
)
def test_soundex_is_the_national_archives(name: str, code: str) -> None:
    assert sound(name) == code


@pytest.mark.parametrize(
    ("record", "points"),
    [
        ({"firstname": "Robert", "lastname": "Meyer", "dob": "01/02/1980"}, 18),
        ({"firstname": "Bob", "lastname": "Meyer", "dob": "01/02/1980"}, 15),
        ({"firstname": "Robert", "lastname": "Maier", "dob": "01/02/1980"}, 15),
        ({"firstname": "Jane", "lastname": "Doe", "dob": "01/02/1990"}, 0),
        ({}, 0),
    ],
)
def test_names_that_only_resemble_count_half(record: dict[str, str], points: int) -> None:
    assert score(record, WANTED, soundex=True) == points
