"""Both tables of operations, and what each API version holds."""

import re
from collections.abc import Mapping

import pytest

from practicestudio.athena.rest.operations import FEEDS, GUIDE, PLATFORM, Operation, find_operation
from practicestudio.errors import Misconfigured

NAMES = [
    "ping",
    "practice.info",
    "department.list",
    "provider.list",
    "appointment_type.list",
    "reason.list",
    "cancel_reason.list",
    "custom_field.list",
    "patient.search",
    "patient.get",
    "patient.create",
    "patient.update",
    "patient.custom_fields",
    "patient.insurances",
    "appointment.open",
    "appointment.book",
    "appointment.cancel",
    "appointment.reschedule",
    "appointment.check_in",
    "appointment.check_out",
    "appointment.get",
    "appointment.booked",
    "appointment.notes",
    "feed.subscribe",
    "feed.subscription",
    "feed.changed",
]


@pytest.mark.parametrize("name", NAMES)
def test_both_dialects_have_what_the_rest_of_the_program_names(name: str) -> None:
    assert PLATFORM[name].name == name
    assert GUIDE[name].name == name


def test_the_guides_own_calls_are_as_it_prints_them() -> None:
    assert (GUIDE["patient.search"].method, GUIDE["patient.search"].path) == ("GET", "/patients/search")
    book = GUIDE["appointment.book"]
    assert (book.method, book.path, book.encoding, book.dates) == ("POST", "/appointments/open", "json", "iso")


def test_what_the_guide_does_not_print_is_asked_as_on_the_platform_but_in_json() -> None:
    for name, operation in GUIDE.items():
        if name in ("patient.search", "appointment.book"):
            continue
        platform = PLATFORM[name]
        assert (operation.method, operation.path, operation.shape) == (platform.method, platform.path, platform.shape)
        assert operation.encoding == ("json" if platform.encoding == "form" else platform.encoding)


@pytest.mark.parametrize("table", [PLATFORM, GUIDE], ids=["platform", "guide"])
def test_a_write_is_everything_but_reading_and_reading_a_feed_is_a_write(table: Mapping[str, Operation]) -> None:
    for operation in table.values():
        assert operation.writes is (operation.method != "GET" or operation.name == "feed.changed")


def test_a_dialect_without_the_call_says_so() -> None:
    with pytest.raises(Misconfigured, match=r"dialect guide has no operation appointment\.slots\.create"):
        find_operation("guide", "standard_v1", "appointment.slots.create")


@pytest.mark.parametrize("name", ["patient.get", "appointment.book", "department.list", "ping"])
def test_preview_holds_patients_and_appointments(name: str) -> None:
    assert find_operation("platform", "preview_v1", name).name == name


def test_preview_holds_their_feeds_and_no_others() -> None:
    assert find_operation("platform", "preview_v1", "feed.changed", "patients").items_key == "patients"
    with pytest.raises(Misconfigured, match="Preview v1 holds patients and appointments only") as caught:
        find_operation("platform", "preview_v1", "feed.changed", "labresults")
    assert "API version" in caught.value.advice
    assert find_operation("platform", "standard_v1", "feed.changed", "labresults").api == "clinical"


def test_fhir_holds_nothing_of_the_rest_api() -> None:
    with pytest.raises(Misconfigured, match="FHIR v1 holds FHIR resources only"):
        find_operation("platform", "fhir_v1", "patient.get")


def test_an_unknown_feed_is_named_with_those_there_are() -> None:
    with pytest.raises(Misconfigured, match="no feed of changes named nothing") as caught:
        find_operation("platform", "standard_v1", "feed.changed", "nothing")
    assert "patients" in caught.value.advice


def test_every_place_of_a_path_is_an_id_or_a_feed() -> None:
    for operation in PLATFORM.values():
        assert all(re.fullmatch(r"\w+id|feed", place) for place in re.findall(r"{(\w+)}", operation.path))


@pytest.mark.parametrize("feed", FEEDS)
def test_every_feed_can_be_asked(feed: str) -> None:
    assert find_operation("platform", "standard_v1", "feed.changed", feed).shown_path({"feed": feed}) == f"/v1/{{practiceid}}/{feed}/changed"
