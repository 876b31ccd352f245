"""The client against the bundled athenahealth, in both dialects, with its faults."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc.jwk import ECKey

from practicestudio.athena.rest import (
    Appointments,
    BadAnswer,
    ConnectionSettings,
    FeedNotActive,
    Feeds,
    MemoryBudgets,
    MemoryCallLog,
    MemoryTokens,
    NotFound,
    Patients,
    Practice,
    RequestRefused,
    RestClient,
    as_int,
    as_text,
)
from practicestudio.clock import now
from practicestudio.errors import AccessDenied, IntegrationError, Misconfigured, RateLimited, ServerFault, SlotTaken, Unreachable
from practicestudio.practices.connection import Limits
from practicestudio.sandbox import SandboxConfig, create_app

EC = ec.generate_private_key(ec.SECP384R1())
PEM = EC.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
BASE = "http://127.0.0.1"
NO_LIMITS = Limits(per_second=None, per_day=None, tokens_per_minute=None)


class Bundled:
    """A sandbox and the way to it."""

    def __init__(self, **config: Any) -> None:
        self.http = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=create_app(SandboxConfig(**{"patients": 120} | config))), base_url=BASE)
        self.calls = MemoryCallLog()
        self.budgets = MemoryBudgets(now)
        self.tokens = MemoryTokens(now)

    def client(self, **changes: Any) -> RestClient:
        given = {"practice_id": "195900", "client_id": "sandbox", "secret": "sandbox", "base_url": BASE, "limits": NO_LIMITS} | changes
        return RestClient(ConnectionSettings(**given), self.http, self.budgets, self.tokens, self.calls, now)

    async def control(self, address: str, wish: dict[str, Any]) -> Any:
        answer = await self.http.post(f"/control/{address}", json=wish)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
async def sandbox() -> AsyncIterator[Callable[..., Bundled]]:
    made: list[Bundled] = []

    def make(**config: Any) -> Bundled:
        made.append(Bundled(**config))
        return made[-1]

    yield make
    for one in made:
        await one.http.aclose()


DIALECTS = pytest.mark.parametrize("dialect", ["platform", "guide"])


@pytest.mark.parametrize("auth_method", ["basic", "body", "private_key_jwt"])
async def test_every_way_of_signing_in_is_let_in(sandbox: Any, auth_method: Any) -> None:
    public = ECKey.import_key(EC.public_key()).as_dict() | {"kid": "key-1"}
    client = sandbox(public_keys={"sandbox": public}).client(auth_method=auth_method, private_key=PEM, key_id="key-1")
    assert (await Practice(client).ping()).fields == {"pong": "true"}


async def test_wrong_credentials_are_one_clear_error(sandbox: Any) -> None:
    with pytest.raises(AccessDenied, match="credentials were refused"):
        await Practice(sandbox().client(secret="wrong")).ping()


async def test_an_unknown_practice_and_one_not_granted_are_told_apart(sandbox: Any) -> None:
    this = sandbox(grants={"sandbox": ("195900",)})
    with pytest.raises(AccessDenied, match="does not know the practice"):
        await Practice(this.client(practice_id="999999")).ping()
    with pytest.raises(AccessDenied, match="may not use this practice"):
        await Practice(this.client(practice_id="195901")).ping()


async def test_the_practice_is_read_whole(sandbox: Any) -> None:
    practice = Practice(sandbox().client())
    assert (await practice.info())["practiceid"] in ("195900", 195900)
    departments, providers = await practice.departments(), await practice.providers()
    assert all(one["timezonename"] for one in departments)
    assert providers
    assert "82" in {as_text(one["appointmenttypeid"]) for one in await practice.appointment_types()}
    assert await practice.reasons(str(departments[0]["departmentid"]), str(providers[0]["providerid"]))
    assert await practice.cancel_reasons()
    assert await practice.custom_fields()


@DIALECTS
@pytest.mark.parametrize("string_types", ["strings", "numbers", "mixed"])
async def test_every_patient_is_pulled_once_whatever_types_drift(sandbox: Any, dialect: Any, string_types: Any) -> None:
    client = sandbox(string_types=string_types).client(dialect=dialect)
    ids: list[str | None] = []
    for department in await Practice(client).departments():
        async for page in Patients(client).all(str(department["departmentid"]), page_size=25):
            ids += [as_text(one["patientid"]) for one in page.items]
    assert sorted(ids, key=as_int) == [str(number) for number in range(1, 121)]


@DIALECTS
async def test_a_patient_is_made_found_changed_and_read(sandbox: Any, dialect: Any) -> None:
    patients = Patients(sandbox().client(dialect=dialect))
    fields = {"firstname": "Ada", "lastname": "Quimby-Okafor", "dob": date(1980, 5, 15), "departmentid": "1", "zip": "62701", "sex": "F"}
    patientid = as_text((await patients.create(fields)).fields["patientid"])
    assert patientid
    assert [as_text(one["patientid"]) for one in await patients.search({"firstname": "Ada", "lastname": "Quimby-Okafor"})] == [patientid]
    await patients.update(patientid, {"city": "Springfield", "state": "IL"})
    found = await patients.get(patientid)
    assert (found["city"].lower(), found["dob"]) == ("springfield", "05/15/1980")
    assert as_text((await patients.create(fields)).fields["patientid"]) == patientid  # athenahealth matches in silence


async def test_custom_fields_and_insurances_are_set_and_read(sandbox: Any) -> None:
    client = sandbox().client()
    patients = Patients(client)
    field = next(one for one in await Practice(client).custom_fields() if one["type"] == "TEXT" and not one["select"])
    await patients.update_custom_fields("1", "1", [{"customfieldid": field["customfieldid"], "customfieldvalue": "blue"}])
    assert "blue" in {one.get("customfieldvalue") for one in await patients.custom_fields("1", "1")}
    assert isinstance(await patients.insurances("1"), list)


async def test_missing_fields_and_unknown_patients_are_named(sandbox: Any) -> None:
    patients = Patients(sandbox().client())
    with pytest.raises(RequestRefused) as caught:
        await patients.create({"departmentid": "1"})
    assert {"firstname", "lastname", "dob"} <= set(caught.value.fields)
    with pytest.raises(RequestRefused, match="Improper DOB"):
        await patients.create({"firstname": "A", "lastname": "B", "dob": "wrong date", "departmentid": "1", "zip": "62701"})
    with pytest.raises(NotFound):
        await patients.get("99999999")


def next_week() -> tuple[date, date]:
    today = datetime.now(UTC).date()
    return today + timedelta(days=4), today + timedelta(days=11)


@DIALECTS
async def test_a_free_time_is_found_booked_refused_to_others_and_cancelled(sandbox: Any, dialect: Any) -> None:
    appointments = Appointments(sandbox().client(dialect=dialect))
    start, end = next_week()
    slot = (await appointments.open("1", start=start, end=end))[0]
    assert await appointments.is_open(slot)
    day = datetime.strptime(slot["date"], "%m/%d/%Y").date()  # noqa: DTZ007
    fields = {
        "patientid": "1",
        "appointmenttypeid": "82",
        "departmentid": slot["departmentid"],
        "providerid": slot["providerid"],
        "starttime": f"{day.isoformat()}T{slot['starttime']}:00",
        "duration": slot["duration"],
    }
    booked = (await appointments.book(str(slot["appointmentid"]), fields)).fields
    appointmentid = as_text(booked["appointmentid"]) or ""
    assert booked["appointmentstatus"] == "f"
    assert not await appointments.is_open(slot)
    with pytest.raises(SlotTaken, match="already booked or not available"):
        await appointments.book(str(slot["appointmentid"]), {**fields, "patientid": "2"})
    await appointments.add_note(appointmentid, "Brings her own films.")
    assert [one["notetext"] for one in await appointments.notes(appointmentid)] == ["Brings her own films."]
    assert (await appointments.cancel(appointmentid, "1", reason="Car trouble")).fields["status"] == "x"


async def test_an_appointment_is_moved_and_the_visit_goes_its_way(sandbox: Any) -> None:
    appointments = Appointments(sandbox().client())
    start, end = next_week()
    first, second = (str(one["appointmentid"]) for one in (await appointments.open("1", start=start, end=end))[:2])
    await appointments.book(first, {"patientid": "1", "appointmenttypeid": "82"})
    moved = (await appointments.reschedule(first, second, "1")).fields
    assert as_text(moved["appointmentid"]) == second
    await appointments.start_check_in(second)
    await appointments.check_in(second)
    assert (await appointments.get(second))["appointmentstatus"] == "2"
    with pytest.raises(RequestRefused, match="already done"):
        await appointments.check_in(second)
    await appointments.check_out(second)
    assert (await appointments.get(second))["appointmentstatus"] == "3"


async def test_windows_cut_off_in_silence_lose_no_appointment(sandbox: Any) -> None:
    client = sandbox(booked_window_days=10).client()
    today = datetime.now(UTC).date()
    first, last = today - timedelta(days=20), today + timedelta(days=20)
    one_question = [
        one
        async for page in client.pages("appointment.booked", query={"departmentid": "1", "startdate": first, "enddate": last})
        for one in page.items
    ]
    in_windows = [one async for page in Appointments(client).booked(first, last, "1", page_size=20) for one in page.items]
    ids = [as_text(one["appointmentid"]) for one in in_windows]
    assert len(ids) == len(set(ids))
    assert len(ids) > 2 * len(one_question)


@DIALECTS
async def test_a_feed_is_subscribed_to_read_once_and_shown_again(sandbox: Any, dialect: Any) -> None:
    client = sandbox().client(dialect=dialect)
    feeds, patients = Feeds(client), Patients(client)
    with pytest.raises(FeedNotActive):
        await feeds.changed("patients", 100)
    await feeds.subscribe("patients")
    assert (await feeds.subscription("patients"))["status"] == "ACTIVE"
    began = now()
    await patients.update("7", {"city": "Springfield"})
    assert [as_text(one["patientid"]) for one in (await feeds.changed("patients", 100, leave_unprocessed=True)).items] == ["7"]
    assert [as_text(one["patientid"]) for one in (await feeds.changed("patients", 100)).items] == ["7"]
    assert (await feeds.changed("patients", 100)).items == []
    again = await feeds.changed("patients", 100, processed_since=began - timedelta(seconds=1), processed_until=now())
    assert [as_text(one["patientid"]) for one in again.items] == ["7"]


FAULTS: list[tuple[dict[str, Any], type[IntegrationError], bool]] = [
    ({"kind": "429", "retry_after": 3}, RateLimited, False),
    ({"kind": "429", "body": "html"}, RateLimited, False),
    ({"kind": "500"}, ServerFault, True),
    ({"kind": "503", "body": "html"}, BadAnswer, True),
    ({"kind": "drop_before"}, Unreachable, True),
    ({"kind": "drop_after"}, Unreachable, True),
    ({"kind": "malformed"}, BadAnswer, True),
    ({"kind": "truncated"}, BadAnswer, True),
    ({"kind": "html"}, BadAnswer, True),
]


@pytest.mark.parametrize(("fault", "kind", "unknown"), FAULTS, ids=lambda value: str(value.get("kind")) if isinstance(value, dict) else None)
async def test_every_fault_has_its_error_and_says_whether_a_write_is_unknown(
    sandbox: Any, fault: dict[str, Any], kind: type[IntegrationError], unknown: bool
) -> None:
    this = sandbox()
    client = this.client()
    await Practice(client).ping()
    await this.control("faults", fault | {"match": "PUT"})
    with pytest.raises(kind) as caught:
        await Patients(client).update("1", {"city": "Springfield"})
    assert caught.value.outcome_unknown is unknown
    assert this.calls.calls[-1].error_code == caught.value.code


async def test_an_expired_token_is_replaced_unseen_and_a_revoked_one_is_not(sandbox: Any) -> None:
    this = sandbox()
    client = this.client()
    await Practice(client).ping()
    await this.control("faults", {"kind": "expired_token", "times": 1})
    await Practice(client).ping()
    assert [call.operation for call in this.calls.calls].count("token") == 2
    await this.control("clients", {"client": "sandbox", "revoked": True})
    with pytest.raises(AccessDenied):
        await Practice(client).ping()


async def test_a_wrong_content_type_and_type_drift_do_no_harm(sandbox: Any) -> None:
    this = sandbox()
    client = this.client()
    await this.control("faults", {"rules": [{"kind": "wrong_content_type", "match": "patients/1$"}, {"kind": "type_drift", "match": "patients/2$"}]})
    for patientid in ("1", "2"):
        assert as_text((await Patients(client).get(patientid))["patientid"]) == patientid


async def test_a_preview_connection_is_held_to_its_limit_before_it_asks(sandbox: Any) -> None:
    this = sandbox(versions={"195900": "preview"})
    client = this.client(api_version="preview_v1")
    assert (await Patients(client).get("1"))["patientid"]
    with pytest.raises(Misconfigured, match="Preview v1"):
        await Feeds(client).changed("labresults", 10)


async def test_a_limited_sandbox_is_never_asked_too_often(sandbox: Any) -> None:
    this = sandbox(calls_per_second=40, calls_per_day=1000, tokens_per_minute=5)
    clients = [this.client(limits=Limits(per_second=40, per_day=1000)) for _ in range(4)]
    await asyncio.gather(*(Practice(client).ping() for client in clients for _ in range(15)))
    state = (await this.http.get("/control/state")).json()
    assert state["calls"]["over_limit"] == 0
    assert state["tokens_given"] == 1
    assert this.calls.calls[-1].remaining_today is not None
    assert next(iter(this.budgets.budgets.values())).day_used == 60
