"""athenahealth's ways of writing what is sent."""

from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from practicestudio.athena.rest.operations import GUIDE, PLATFORM
from practicestudio.athena.rest.requests import Request, as_words, build_request
from practicestudio.errors import InvalidValue

URL = "https://athena.example/v1/195900"


def build(
    name: str, path: dict[str, str] | None = None, query: dict[str, Any] | None = None, body: dict[str, Any] | None = None, guide: bool = False
) -> Request:
    return build_request((GUIDE if guide else PLATFORM)[name], URL, path or {}, query or {}, body or {})


WORDS = [
    (True, "true", "true"),
    (False, "false", "false"),
    (7, "7", "7"),
    ("Doe", "Doe", "Doe"),
    (date(1980, 5, 15), "05/15/1980", "1980-05-15"),
    (datetime.fromisoformat("2026-03-02T09:05:00"), "03/02/2026 09:05:00", "2026-03-02T09:05:00"),
    (["1", 2], "1,2", "1,2"),
    ([{"customfieldid": "1"}], '[{"customfieldid":"1"}]', '[{"customfieldid":"1"}]'),
    ([{"on": date(1980, 5, 15), "no": None}], '[{"on":"05/15/1980"}]', '[{"on":"1980-05-15"}]'),
]


@pytest.mark.parametrize(("value", "us", "iso"), WORDS)
def test_values_are_written_in_the_dialects_way(value: Any, us: str, iso: str) -> None:
    assert as_words(value, "us") == us
    assert as_words(value, "iso") == iso


def test_nothing_is_left_out_and_blank_is_sent() -> None:
    request = build("patient.update", {"patientid": "1"}, body={"email": "", "city": None})
    assert request.body == b"email="


def test_names_with_spaces_and_accents_survive_a_form_and_a_query() -> None:
    fields = {"lastname": "Núñez & Söhne", "address1": "1 Main St #4"}
    form = parse_qs(build("patient.create", body=fields).body.decode())
    query = parse_qs(urlsplit(build("patient.search", query=fields).url).query)
    assert form == query == {name: [value] for name, value in fields.items()}


def test_nested_values_are_json_text_in_a_form_and_nested_in_json() -> None:
    body = {"departmentid": "1", "customfields": [{"customfieldid": "1", "customfieldvalue": "x"}]}
    form = parse_qs(build("patient.custom_fields.update", {"patientid": "1"}, body=body).body.decode())
    assert orjson.loads(form["customfields"][0]) == body["customfields"]
    assert orjson.loads(build("patient.custom_fields.update", {"patientid": "1"}, body=body, guide=True).body) == body


def test_ids_cannot_leave_their_place_in_the_path() -> None:
    assert build("patient.get", {"patientid": "1/../../2?x=y"}).url == f"{URL}/patients/1%2F..%2F..%2F2%3Fx%3Dy"


@pytest.mark.parametrize("path", [{}, {"patientid": ""}])
def test_a_missing_id_is_said_before_anything_is_sent(path: dict[str, str]) -> None:
    with pytest.raises(InvalidValue, match=r"patient\.get needs patientid"):
        build("patient.get", path)


def test_an_id_is_not_mistaken_for_a_place() -> None:
    assert build("patient.get", {"patientid": "{practiceid}"}).url == f"{URL}/patients/%7Bpracticeid%7D"


def test_each_dialect_sends_the_fields_that_its_booking_takes() -> None:
    body = {
        "patientid": "5",
        "providerid": "71",
        "departmentid": "1",
        "starttime": datetime.fromisoformat("2026-03-02T09:00:00"),
        "duration": 30,
        "appointmenttypeid": "82",
    }
    platform = build("appointment.book", {"appointmentid": "900"}, body=body)
    assert (platform.method, platform.url) == ("PUT", f"{URL}/appointments/900")
    assert parse_qs(platform.body.decode()) == {"patientid": ["5"], "departmentid": ["1"], "appointmenttypeid": ["82"]}
    guide = build("appointment.book", {"appointmentid": ""}, body=body, guide=True)
    assert (guide.method, guide.url) == ("POST", f"{URL}/appointments/open")
    assert orjson.loads(guide.body) == body | {"starttime": "2026-03-02T09:00:00"}


def test_a_request_shows_none_of_its_values() -> None:
    request = build("patient.update", {"patientid": "77777"}, {"q": "Quagmire"}, {"lastname": "Zebulon"})
    assert not any(value in repr(request) for value in ("77777", "Quagmire", "Zebulon"))
    assert request.sent == {"77777", "Quagmire", "Zebulon"}
