"""Whatever athenahealth sends, the mapping answers; and what it took comes back unchanged."""

from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from practicestudio.mapping import APPOINTMENT, INSURANCE, PATIENT, UNITS_OF_PATIENT, PracticeMapping, practice_item_in
from practicestudio.mapping.codes import CONTACT_PREFERENCE, ETHNICITY, INSURED_RELATIONSHIP, MARITAL_STATUS, RACE, RELATIONSHIP
from practicestudio.mapping.languages import read_language
from practicestudio.mapping.practice_rows import CUSTOM_FIELD, LOCATION
from practicestudio.mapping.rows import CodeTable, FieldMap
from practicestudio.merging import units
from practicestudio.records import Address, Appointment, Coded, Contact, Guarantor, Insurance, Patient

EAST, WEST, PROVIDER, TYPE, PATIENT_ID = UUID(int=1), UUID(int=2), UUID(int=10), UUID(int=20), UUID(int=99)

any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.sampled_from(["declined", "1", "02/30/2020", "\ud800", "0"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)


def names(*maps: FieldMap) -> st.SearchStrategy[str]:
    return st.sampled_from([row.athena for one in maps for row in one.rows if row.direction != "not kept"])


def objects(*maps: FieldMap) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(names(*maps) | st.text(max_size=12), any_json, max_size=12)


custom_items = st.fixed_dictionaries(
    {"customfieldid": st.sampled_from(["22", "41", 323, "9"]) | any_json, "customfieldvalue": any_json, "optionid": any_json}
)
lists = st.fixed_dictionaries(
    {}, optional={"insurances": st.lists(objects(INSURANCE) | any_json, max_size=3), "customfields": st.lists(custom_items | any_json, max_size=3)}
)


@given(objects(PATIENT), lists)
@settings(max_examples=150)
def test_any_patient_is_taken_or_refused_with_a_sentence(mapping: PracticeMapping, body: dict[str, Any], inner: dict[str, Any]) -> None:
    base = {"patientid": "1", "lastname": "Tarrant", "dob": "02/29/1984"}
    for given_body in (body, {**base, **body, **inner}):
        mapped = mapping.patient_in(given_body)
        assert (mapped.record is None) == (mapped.refused is not None)
        mapping.patient_external_id(given_body)
        mapping.modified_at(given_body)


@given(objects(APPOINTMENT))
@settings(max_examples=100)
def test_any_appointment_or_slot_is_taken_or_refused_with_a_sentence(mapping: PracticeMapping, appointment_body: Any, body: dict[str, Any]) -> None:
    for given_body in (body, appointment_body() | body):
        for mapped in (mapping.appointment_in(given_body, None), mapping.appointment_slot(given_body)):
            assert (mapped.record is None) == (mapped.refused is not None)


@given(objects(LOCATION), objects(CUSTOM_FIELD))
def test_any_item_is_taken_or_refused_with_a_sentence(location: dict[str, Any], field: dict[str, Any]) -> None:
    for mapped in (practice_item_in("location", {"departmentid": 1, **location}), practice_item_in("custom_field", {"customfieldid": 1, **field})):
        assert (mapped.record is None) == (mapped.refused is not None)


@given(st.text(min_size=3, max_size=40).filter(str.strip))
def test_no_value_is_ever_in_a_finding(value: str) -> None:
    mapping = PracticeMapping("platform")
    body = {row.athena: f"§{value}§" for row in PATIENT.rows} | {"patientid": "1", "§": "§"}
    report = mapping.patient_in(body).report
    assert report
    assert not any("§" in finding.place + finding.problem for finding in report)


def ours(table: CodeTable) -> st.SearchStrategy[str]:
    return st.sampled_from(sorted({row.ours for row in table.rows}))


def coded(table: CodeTable) -> st.SearchStrategy[Coded]:
    return st.sampled_from([Coded(row.ours, row.name) for row in table.rows])


def words(longest: int) -> st.SearchStrategy[str]:
    letters = st.characters(categories=["L", "N", "P", "S"])
    return st.text(letters, min_size=1, max_size=longest).filter(lambda text: text != "declined")


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


phones = st.from_regex(r"\+1[2-9][02-9][0-9][2-9][02-9][0-9][0-9]{2}(01|12)", fullmatch=True).filter(lambda text: "4567890" not in text)
days = st.dates(min_value=date(1900, 1, 1), max_value=date(2100, 1, 1))
languages = st.sampled_from([one for code in ("eng", "spa", "zho", "vie", "hat", "deu") if (one := read_language(code))])
addresses = st.builds(
    Address,
    line1=maybe(words(100)),
    line2=maybe(words(100)),
    city=maybe(words(30)),
    state=maybe(words(10)),
    postal_code=maybe(words(10)),
    country=maybe(st.sampled_from(["US", "CA", "DE"])),
)


def contacts(kind: str) -> st.SearchStrategy[Contact]:
    mobile = maybe(phones) if kind == "emergency" else st.none()
    made = st.builds(
        Contact, kind=st.just(kind), name=maybe(words(50)), relationship=maybe(ours(RELATIONSHIP)), phone=maybe(phones), phone_mobile=mobile
    )
    return made.filter(lambda contact: contact != Contact(kind=kind))


guarantors = st.builds(
    Guarantor,
    first_name=maybe(words(20)),
    middle_name=maybe(words(20)),
    last_name=maybe(words(30)),
    suffix=maybe(words(10)),
    date_of_birth=maybe(days),
    relationship=maybe(ours(INSURED_RELATIONSHIP)),
    address=addresses,
    phone=maybe(phones),
    email=maybe(words(50)),
).filter(lambda guarantor: guarantor != Guarantor())

patients = st.builds(
    Patient,
    status=st.sampled_from(["active", "inactive", "prospective", "deleted"]),
    first_name=words(20),
    middle_name=maybe(words(20)),
    last_name=words(30),
    suffix=maybe(words(10)),
    preferred_name=maybe(words(20)),
    alternate_first_name=maybe(words(20)),
    date_of_birth=days,
    deceased_on=maybe(days),
    gender=st.sampled_from(["male", "female"]),
    marital_status=maybe(ours(MARITAL_STATUS)),
    address=addresses,
    phone_home=phones,
    phone_mobile=maybe(phones),
    phone_work=maybe(phones),
    email=maybe(words(50)),
    contact_preference=maybe(ours(CONTACT_PREFERENCE)),
    consent_to_call=maybe(st.booleans()),
    consent_to_text=maybe(st.booleans()),
    preferred_language=maybe(languages),
    race=st.lists(coded(RACE), max_size=3, unique=True).map(tuple),
    ethnicity=maybe(coded(ETHNICITY)),
    registration_location_id=st.sampled_from([EAST, WEST]),
    primary_location_id=maybe(st.sampled_from([EAST, WEST])),
    primary_provider_id=maybe(st.just(PROVIDER)),
    contacts=st.tuples(maybe(contacts("emergency")), maybe(contacts("next_of_kin"))).map(lambda both: tuple(filter(None, both))),
    guarantor=maybe(guarantors),
    notes=maybe(words(200)),
    custom_fields=st.fixed_dictionaries(
        {}, optional={"chart number": words(20), "consent date": days.map(date.isoformat), "heard of us": st.sampled_from(["A friend", "The web"])}
    ),
)


@given(patients, st.sampled_from(["platform", "guide"]))
@settings(max_examples=150)
def test_a_patient_that_is_sent_comes_back_the_same(make_mapping: Any, patient: Patient, dialect: Any) -> None:
    mapping: PracticeMapping = make_mapping(dialect)
    sent = mapping.patient_out(patient)
    assert sent.refused is None, sent.report
    # athenahealth gives back what it was sent, under the same names, with an id.
    received = mapping.patient_in({"patientid": "7", **sent.values, "customfields": sent.custom_fields})
    assert received.record is not None, received.report
    back = units(received.record)
    assert {unit: back[unit] for unit in units(patient)} == units(patient)


insurances = st.builds(
    Insurance,
    sequence=st.integers(1, 3),
    package_id=st.integers(1, 10**6).map(str),
    member_id=maybe(words(20)),
    group_number=maybe(words(20)),
    relationship=maybe(ours(INSURED_RELATIONSHIP)),
    policy_holder_first_name=words(20),
    policy_holder_middle_name=maybe(words(20)),
    policy_holder_last_name=words(30),
    policy_holder_suffix=maybe(words(10)),
    policy_holder_date_of_birth=maybe(days),
    policy_holder_gender=st.sampled_from(["male", "female"]),
    policy_holder_address=addresses,
    effective_from=maybe(days),
    effective_to=maybe(days),
)


@given(insurances)
def test_an_insurance_that_is_sent_comes_back_the_same(mapping: PracticeMapping, patient_body: Any, insurance: Insurance) -> None:
    (sent,) = mapping.patient_out(Patient(insurances=(insurance,)), ["insurances.sequence-" + str(insurance.sequence)]).insurances
    received = mapping.patient_in(patient_body(insurances=[sent.values])).record
    assert received is not None
    assert received.insurances == (insurance,)


@given(
    st.integers(26_300_000, 31_500_000).map(lambda minute: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)),
    st.integers(1, 600),
    st.sampled_from([EAST, WEST]),
)
def test_a_booking_in_the_guide_comes_back_at_the_same_time(make_mapping: Any, start: datetime, minutes: int, location: UUID) -> None:
    mapping: PracticeMapping = make_mapping("guide")
    end = start + timedelta(minutes=minutes)
    appointment = Appointment(provider_id=PROVIDER, location_id=location, appointment_type=TYPE, start_time=start, end_time=end, notes="n")
    body = {"appointmentid": 1, "appointmentstatus": "f", **mapping.booking_out(appointment, "5309").json_body()}
    mapped = mapping.appointment_in(body, None)
    assert mapped.record is not None
    # The second of two equal local times cannot be told from the first, and is read as the first, with a warning.
    shift = timedelta(hours=1) if mapped.report and mapped.record.start_time != start else timedelta()
    assert (mapped.record.start_time, mapped.record.end_time) == (start - shift, end - shift)


def test_the_units_are_those_that_are_merged() -> None:
    assert set(UNITS_OF_PATIENT) == set(units(Patient()))


def test_every_field_of_a_patient_has_a_row() -> None:
    with_rows = {row.ours.partition(".")[0] for row in PATIENT.rows if row.ours}
    assert {field.name for field in fields(Patient)} - with_rows == {"declined"}
