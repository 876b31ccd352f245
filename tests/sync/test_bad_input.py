"""Whatever is wrong ends in one clear sentence in the error queue, with what to do; everything else goes on."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from practicestudio.clock import now
from practicestudio.delivery.inbox import accept
from practicestudio.delivery.message import NewMessage
from practicestudio.practices.connection import Connection, set_connection
from practicestudio.practices.credentials import Credentials, set_credentials
from practicestudio.sync import doors
from practicestudio.sync.doors import open_doors


async def connect(clinic: Any, **given: Any) -> None:
    async with clinic.database.practice(clinic.practice.id) as transaction:
        await set_connection(transaction, Connection(**{"base_url": clinic.address, **given}), "ann")


async def sentence_of(clinic: Any, job: str = "pull.practice") -> str:
    """What the error queue says after this job was tried as often as it is."""
    await clinic.request(job)
    await clinic.work()
    error = await clinic.only_error()
    assert error.kind == job
    assert error.error is not None
    return str(error.error)


async def test_wrong_credentials(platform: Any) -> None:
    async with platform.database.practice(platform.practice.id) as transaction:
        await set_credentials(transaction, Credentials(client_id="sandbox", client_secret="wrong"), "ann")
    said = await sentence_of(platform)
    assert "credentials" in said
    assert "test the connection" in said


async def test_revoked_credentials_stop_this_practice_and_its_messages_wait_in_the_error_queue(pulled_platform: Any) -> None:
    await pulled_platform.control("clients", {"client": "sandbox", "revoked": True})
    said = await sentence_of(pulled_platform, "feed.patients")
    assert said.startswith("The credentials were refused.")
    assert "Check client id, secret or key" in said
    await pulled_platform.control("clients", {"client": "sandbox", "revoked": False})
    async with pulled_platform.database.practice(pulled_platform.practice.id) as transaction:
        await set_credentials(transaction, Credentials(client_id="sandbox", client_secret="sandbox"), "ann")
    await pulled_platform.doors.tokens.forget((await pulled_platform.doors.rest(pulled_platform.practice.id)).connection.token_name)
    await pulled_platform.retry(*await pulled_platform.errors())
    assert not await pulled_platform.errors()


async def test_a_practice_that_athenahealth_does_not_know(make_clinic: Any) -> None:
    clinic = await make_clinic("platform")
    other = clinic.sandbox.practices.pop(clinic.practice.athena_id)
    clinic.sandbox.practices["7"] = other
    assert (await sentence_of(clinic)).startswith("athenahealth does not know the practice.")


async def test_a_practice_that_the_credentials_may_not_use(make_clinic: Any) -> None:
    clinic = await make_clinic("platform", grants={"sandbox": ()})
    said = await sentence_of(clinic)
    assert "practice" in said
    assert "ask athenahealth to enable" in said or "Check the" in said


async def test_a_host_that_does_not_resolve(platform: Any) -> None:
    await connect(platform, base_url="https://nobody.invalid")
    async with open_doors(platform.database, connect=2) as opened:
        platform.doors = opened
        said = await sentence_of(platform)
    assert "The name nobody.invalid does not resolve. Check the base URL and the machine's name server." in said


@pytest.fixture
async def stranger(tmp_path: Path) -> AsyncIterator[str]:
    """A server whose certificate nobody vouches for; its address."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stranger")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now() - timedelta(1), now() + timedelta(1))
    certificate = builder.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
    pem = serialization.Encoding.PEM
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    both = tmp_path / "both.pem"
    both.write_bytes(key.private_bytes(pem, *plain) + certificate.sign(key, hashes.SHA256()).public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_a_certificate_that_nobody_vouches_for(platform: Any, stranger: str) -> None:
    await connect(platform, base_url=stranger)
    async with open_doors(platform.database, connect=5) as opened:
        platform.doors = opened
        said = await sentence_of(platform)
    assert "The certificate of 127.0.0.1 is signed by an authority that is not trusted here." in said
    assert "add its certificate with the setting ca_file" in said


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("html", "The answer was an HTML page, as a proxy sends, where JSON should be."),
        ("truncated", "The answer was JSON that breaks off before its end."),
        ("malformed", "The answer was not readable JSON from character"),
        ("503", "athenahealth answered department.list with status 503, a fault of its own."),
        ("drop_before", "The connection broke off before the answer was complete from 127.0.0.1."),
    ],
)
async def test_answers_that_stay_broken(make_clinic: Any, fault: str, said: str) -> None:
    clinic = await make_clinic("platform")
    await clinic.fault(fault, "list_departments", times=None)
    assert (await sentence_of(clinic)).startswith(said)
    await clinic.fault("slow", "nothing")
    clinic.sandbox.faults.remove(None)
    await clinic.run("pull.practice")
    assert not await clinic.errors()


BAD_PATIENTS = [
    ({"dob": "02/31/1980"}, [], "The patient was not taken because of dob:"),
    ({"status": "zombie"}, [], "The patient was not taken because of status:"),
    ({}, ["dob"], "The patient was not taken because of dob: This is missing, and the record cannot be taken without it."),
    ({}, ["lastname"], "The patient was not taken because of lastname: This is missing, and the record cannot be taken without it."),
]


@pytest.mark.parametrize(("fields", "remove", "said"), BAD_PATIENTS)
async def test_a_patient_who_cannot_be_taken(shared_platform: Any, fields: dict[str, str], remove: list[str], said: str) -> None:
    clinic, patient = shared_platform, str(2 + BAD_PATIENTS.index((fields, remove, said)))
    before = (await clinic.patients())[patient]
    await clinic.happens("set", patientid=int(patient), fields=fields, remove=remove)
    await clinic.happens("phone", patientid=9, mobilephone="6175550123")
    await clinic.feed()
    newest, *_ = await clinic.errors()
    assert newest.error.startswith(said)
    assert newest.error.endswith("Correct it in athenahealth; the record is taken with its next change, or retry it from the error queue.")
    assert len(await clinic.errors()) == 1 + BAD_PATIENTS.index((fields, remove, said))
    assert (await clinic.patients())[patient] == before
    assert (await clinic.patient("9")).phone_mobile == "+16175550123"


async def test_unknown_codes_are_left_out_and_reported(shared_platform: Any) -> None:
    clinic = shared_platform
    await clinic.happens("set", patientid=11, fields={"language6392code": "xxz", "maritalstatus": "Q", "hobby": "chess"})
    await clinic.feed()
    record_id = (await clinic.patients())["11"].id
    newest, *_ = await clinic.messages(kinds=["patient"], record_id=record_id, states=["done"])
    report = await clinic.report(newest)
    assert {"language6392code", "maritalstatus", "hobby"} <= {finding["place"] for finding in report}
    assert "chess" not in str(report)


async def test_a_note_of_30_megabytes_is_one_error_and_the_rest_goes_on(pulled_platform: Any) -> None:
    clinic = pulled_platform
    await clinic.happens("set", patientid=3, fields={"notes": {"repeat": "long ", "times": 6_000_000}})
    await clinic.happens("phone", patientid=4, mobilephone="6175550123")
    await clinic.feed()
    assert (await clinic.patient("4")).phone_mobile == "+16175550123"
    error = await clinic.only_error()
    assert error.kind == "patient"
    assert error.error.startswith("The patient was not taken because of notes: This is longer than the 250,000 characters")


async def test_pages_that_are_too_large_are_asked_for_in_smaller_ones(platform: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = doors.rest_settings
    monkeypatch.setattr(doors, "rest_settings", lambda *given: replace(usual(*given), answer_bytes=8_000))
    await platform.run("pull.practice", "pull.patients")
    assert len(await platform.patients()) == platform.size
    assert not await platform.errors()


async def test_two_patients_with_one_id(pulled_platform: Any) -> None:
    clinic = pulled_platform
    await clinic.happens("set", patientid=4, fields={"patientid": "3"})
    before = (await clinic.patients())["3"]
    await clinic.run("pull.patients")
    assert (await clinic.patients())["3"] == before
    parked = await clinic.only_error()
    assert parked.error == "This id belonged to a patient with another name and date of birth. Decide it in the review queue."


async def test_bytes_that_are_not_json_and_objects_that_are_nobody(platform: Any) -> None:
    await platform.run("pull.practice")
    bodies = [b"{", b"[1]", b"{}", b'{"patientid": "1"', b"\xff\xfe", b'{"patientid": ""}']
    news = [
        NewMessage(direction="in", door="rest", kind=kind, about=f"x:{n}", body=body)
        for n, body in enumerate(bodies)
        for kind in ("patient", "appointment")
    ]
    await platform.do(lambda transaction: accept(transaction, news))
    await platform.work()
    errors = await platform.errors()
    assert len(errors) == len(news)
    assert {one.error_code for one in errors} == {"unreadable"}
    assert {one.error for one in errors} >= {
        "The patient is not JSON. Correct the message and send it again.",
        "The patient has no patientid. Correct the message and send it again.",
        "The appointment has no appointmentid. Correct the message and send it again.",
    }


@pytest.mark.parametrize("off", [timedelta(hours=1), timedelta(hours=-1)])
async def test_a_server_clock_an_hour_off_disturbs_nothing(make_clinic: Any, off: timedelta) -> None:
    clinic = await make_clinic("platform")
    await clinic.control("clock", {"advance": off.total_seconds()})
    await clinic.pull()
    await clinic.happens("phone", patientid=3, mobilephone="6175550123")
    await clinic.fault("drop_after", "changed_patients")
    await clinic.feed()
    assert (await clinic.patient("3")).phone_mobile == "+16175550123"
    assert not [one.error for one in await clinic.errors()]


async def test_no_error_in_the_log_holds_a_value(pulled_platform: Any) -> None:
    clinic = pulled_platform
    names = {"firstname": "Zebulonia", "lastname": "Quixotewicz", "dob": "13/45/1999", "mobilephone": "99-CANARY-99", "email": "canary@@example"}
    await clinic.happens("set", patientid=3, fields=names)
    await clinic.feed()
    texts = " ".join(str(one.error) for one in await clinic.messages())
    assert await clinic.errors()
    for value in names.values():
        assert value not in texts
