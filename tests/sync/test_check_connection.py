"""Testing a connection: each step is ok or says what to do, certificates with their days left."""

import asyncio
import datetime as dt
import ipaddress
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from practicestudio.practices.connection import Connection
from practicestudio.practices.credentials import Credentials
from practicestudio.sync.check_connection import Step, check_connection
from practicestudio.sync.set_up_connection import current_connection, set_up_connection


async def steps(clinic: Any, ca_file: Path | None = None) -> dict[str, Step]:
    return {step.name: step async for step in check_connection(clinic.doors, clinic.practice, ca_file)}


async def connected(clinic: Any, secret: str = "sandbox", **changes: Any) -> None:
    connection, _ = await current_connection(clinic.database, clinic.practice)
    credentials = Credentials(client_id="sandbox", client_secret=secret)
    await set_up_connection(clinic.database, clinic.practice, changes.pop("connection", connection), credentials, "ann")


def certificate(folder: Path, days: int) -> Path:
    """A certificate for 127.0.0.1 that signs itself, with its key."""
    key, present = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(present - dt.timedelta(days=1))
        .not_valid_after(present + dt.timedelta(days=days, hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{days}.pem"
    file.write_bytes(made.public_bytes(Encoding.PEM) + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return file


@asynccontextmanager
async def server(file: Path) -> AsyncIterator[str]:
    """A server that speaks TLS and then hangs up; yields its address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    running = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    async with running:
        yield f"https://127.0.0.1:{running.sockets[0].getsockname()[1]}"


async def test_every_api_in_use_is_asked_once(clinic: Any) -> None:
    found = await steps(clinic)
    told = {name: step.state for name, step in found.items() if name not in ("connection",)}
    assert set(told.values()) == {"ok"}
    assert list(found) == ["name", "connection", "TLS", "token", "ping", "practice", "patients", "appointments", "changed data"]
    assert clinic.calls() <= 8


async def test_after_refused_credentials_nothing_more_is_asked_until_new_ones_are_set(platform: Any) -> None:
    await connected(platform, secret="wrong")
    found = await steps(platform)
    assert found["token"].told.startswith("The credentials were refused.")
    assert {found[name].state for name in ("ping", "practice", "patients", "appointments", "changed data")} == {"not tried"}
    assert platform.calls() == 0
    await connected(platform)
    assert (await steps(platform))["ping"].state == "ok"


async def test_a_practice_that_the_credentials_may_not_use_is_told(make_clinic: Any) -> None:
    clinic = await make_clinic("platform", grants={"sandbox": ()})
    found = await steps(clinic)
    assert found["token"].state == "ok"
    assert found["ping"].state == "failed"
    assert "practice" in found["ping"].told


async def test_a_clock_that_is_off_is_told_with_its_minutes(platform: Any) -> None:
    await platform.control("clock", {"advance": -3600})
    told = (await steps(platform))["ping"]
    assert told.state == "failed"
    assert "60 minutes ahead" in told.told


async def test_a_certificate_tells_its_version_of_tls_and_its_days(platform: Any, tmp_path: Path) -> None:
    for days, soon in ((200, False), (12, True)):
        file = certificate(tmp_path, days)
        async with server(file) as address:
            await connected(platform, connection=Connection(base_url=address))
            step = (await steps(platform, file))["TLS"]
        assert step.state == "ok"
        assert step.told.startswith("TLSv1.")
        assert f"{days} days" in step.told
        assert ("renewed soon" in step.told) == soon


async def test_a_certificate_of_nobody_known_is_told_with_the_setting_that_helps(platform: Any, tmp_path: Path) -> None:
    async with server(certificate(tmp_path, 200)) as address:
        await connected(platform, connection=Connection(base_url=address))
        step = (await steps(platform))["TLS"]
    assert step.state == "failed"
    assert "ca_file" in step.told
