"""The wire: TLS as it should be, and one clear sentence for each way it can be wrong."""

import asyncio
import datetime as dt
import ipaddress
import ssl
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from practicestudio.athena.rest import MemoryBudgets, MemoryCallLog, MemoryTokens, RestClient, Timeouts, open_http, tls_context
from practicestudio.clock import now
from practicestudio.errors import IntegrationError, Misconfigured, Unreachable

PONG = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\nConnection: close\r\n\r\n{"pong":"true"}'
TOKEN = b'HTTP/1.1 200 OK\r\nContent-Length: 40\r\nConnection: close\r\n\r\n{"access_token":"t","expires_in":"3600"}'


@dataclass(frozen=True)
class Authority:
    """A certificate authority of a test's own, and the certificates it signs."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def make(cls, folder: Path) -> "Authority":
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A test's own authority")])
        certificate = (
            _unsigned(name, name, key, days=(-30, 30))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.KeyUsage(*[use in (5, 6) for use in range(9)]), critical=True)
            .sign(key, hashes.SHA256())
        )
        (folder / "ca.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
        return cls(folder, key, certificate)

    @property
    def file(self) -> Path:
        return self.folder / "ca.pem"

    def server(self, *, address: str = "127.0.0.1", days: tuple[int, int] = (-1, 1)) -> ssl.SSLContext:
        """A server's side of TLS with a certificate for this address, valid for these days from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server")])
        certificate = (
            _unsigned(name, self.certificate.subject, key, days)
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        chain = self.folder / "server.pem"
        chain.write_bytes(certificate.public_bytes(Encoding.PEM) + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        return context


def _unsigned(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: tuple[int, int]) -> x509.CertificateBuilder:
    present = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(present + dt.timedelta(days=days[0]))
        .not_valid_after(present + dt.timedelta(days=days[1]))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("authority"))


@asynccontextmanager
async def served(answer: bytes, tls: ssl.SSLContext | None = None, *, pause: float = 0) -> AsyncIterator[int]:
    """A server on this machine that gives out tokens and else says `answer`; yields its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.read(65_536)
        if b"POST /oauth2/" in head:
            writer.write(TOKEN)
        else:
            await asyncio.sleep(pause)
            writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def ping(make_settings: Any, base_url: str, ca_file: Path | None = None, name: str = "ping", **changes: Any) -> Any:
    async with open_http(ca_file) as http:
        client = RestClient(make_settings(base_url=base_url, **changes), http, MemoryBudgets(now), MemoryTokens(now), MemoryCallLog(), now)
        return await client.call(name, path={"patientid": "1"})


async def failure(make_settings: Any, base_url: str, ca_file: Path | None = None, **changes: Any) -> IntegrationError:
    with pytest.raises(IntegrationError) as caught:
        await ping(make_settings, base_url, ca_file, **changes)
    return caught.value


async def test_a_server_with_a_certificate_of_a_trusted_authority_is_spoken_to(authority: Authority, make_settings: Any) -> None:
    async with served(PONG, authority.server()) as port:
        assert (await ping(make_settings, f"https://127.0.0.1:{port}", authority.file)).fields == {"pong": "true"}


CERTIFICATES: list[tuple[dict[str, Any], bool, str]] = [
    ({}, False, "authority that is not trusted here"),
    ({"days": (-20, -10)}, True, "has expired"),
    ({"days": (10, 20)}, True, "is not valid yet"),
    ({"address": "127.0.0.9"}, True, "is not for 127.0.0.1"),
]


@pytest.mark.parametrize(("made", "trusted", "words"), CERTIFICATES)
async def test_a_wrong_certificate_is_said_in_one_sentence(
    authority: Authority, make_settings: Any, made: dict[str, Any], trusted: bool, words: str
) -> None:
    async with served(PONG, authority.server(**made)) as port:
        error = await failure(make_settings, f"https://127.0.0.1:{port}", authority.file if trusted else None)
    assert isinstance(error, Unreachable)
    assert words in str(error)
    assert error.advice != Unreachable.default_advice


OLD_TLS = b"\x15\x03\x01\x00\x02\x02\x46"  # what a server of TLS 1.0 says to us: alert, fatal, protocol version


async def test_old_tls_is_not_spoken(make_settings: Any) -> None:
    async with served(OLD_TLS) as port:
        error = await failure(make_settings, f"https://127.0.0.1:{port}")
    assert "does not speak TLS 1.2 or newer" in str(error)


async def test_a_server_that_hangs_up_on_new_tls_is_named(authority: Authority, make_settings: Any) -> None:
    old = authority.server()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    async with served(PONG, old) as port:
        error = await failure(make_settings, f"https://127.0.0.1:{port}", authority.file)
    assert "closed the connection while TLS was agreed on" in str(error)
    assert "TLS 1.2" in error.advice


def test_our_side_of_tls_is_new_and_strict() -> None:
    context = tls_context()
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname


async def test_a_server_without_tls_at_the_port_is_named(make_settings: Any) -> None:
    async with served(PONG) as port:
        error = await failure(make_settings, f"https://127.0.0.1:{port}")
    assert "does not speak TLS at this port" in str(error)


async def test_a_refused_connection_is_named(make_settings: Any) -> None:
    async with served(PONG) as port:
        pass
    error = await failure(make_settings, f"http://127.0.0.1:{port}")
    assert "127.0.0.1 refused the connection" in str(error)


async def test_a_name_that_does_not_resolve_is_named(make_settings: Any) -> None:
    error = await failure(make_settings, "https://athena.invalid")
    assert str(error) == "The name athena.invalid does not resolve."


async def test_a_slow_answer_is_given_up(make_settings: Any) -> None:
    async with served(PONG, pause=1) as port:
        error = await failure(make_settings, f"http://127.0.0.1:{port}", timeouts=Timeouts(read=0.1))
    assert "No answer came in time from 127.0.0.1" in str(error)


async def test_an_answer_that_drips_without_end_is_given_up(make_settings: Any) -> None:
    async with served(PONG, pause=1) as port:
        error = await failure(make_settings, f"http://127.0.0.1:{port}", timeouts=Timeouts(whole=0.1))
    assert "did not answer within 0.1 seconds" in str(error)


BROKEN_OFF = [
    b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"pong":"tr',
    b"",
    b"nonsense\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
]


@pytest.mark.parametrize("answer", BROKEN_OFF, ids=["cut off", "nothing", "no HTTP", "bad gzip"])
async def test_an_answer_that_breaks_off_leaves_a_write_unknown(make_settings: Any, answer: bytes) -> None:
    async with served(answer) as port:
        error = await failure(make_settings, f"http://127.0.0.1:{port}", name="patient.update")
    assert isinstance(error, Unreachable)
    assert error.outcome_unknown


async def test_this_machine_is_never_asked_through_a_proxy(make_settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.invalid:3128")
    async with served(PONG) as port:
        assert (await ping(make_settings, f"http://127.0.0.1:{port}")).status == 200


async def test_cookies_are_not_kept() -> None:
    answer = PONG.replace(b"\r\nConnection", b"\r\nSet-Cookie: practice=195900; Path=/\r\nConnection")
    async with served(answer) as port, open_http() as http:
        await http.get(f"http://127.0.0.1:{port}/v1/1/ping")
        assert len(http.cookies) == 0


def test_a_file_of_certificates_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing")
    for file in (tmp_path / "empty.pem", tmp_path / "missing.pem"):
        with pytest.raises(Misconfigured, match="cannot be read"):
            tls_context(file)
