"""The wire to athenahealth: TLS 1.2 or newer with verified certificates, bounded answers, and one clear sentence for each way it can fail."""

import asyncio
import logging
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path

import httpx2

from practicestudio.athena.rest.connection import Timeouts
from practicestudio.errors import IntegrationError, Misconfigured, Unreachable, Unreadable

# The client library logs whole addresses, which hold patients' names.
for _name in ("httpx2", "httpcore2"):
    logging.getLogger(_name).setLevel(logging.WARNING)

_EXPIRED, _NOT_YET_VALID, _WRONG_NAME, _WRONG_ADDRESS = 10, 9, 62, 64  # X509_V_ERR_… of OpenSSL
_UNKNOWN_ISSUER = frozenset({18, 19, 20, 21})
_TLS_VERSION = frozenset({"UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "WRONG_SSL_VERSION", "NO_PROTOCOLS_AVAILABLE"})
_THIS_MACHINE = ("all://127.0.0.1", "all://localhost", "all://[::1]")
_NOT_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError, httpx2.UnsupportedProtocol)


@dataclass(frozen=True, slots=True)
class Received:
    """An answer as it came; only its status shows in its repr. sent: when the request had gone out, by this process's steady clock."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    sent: float | None = None


def tls_context(ca_file: Path | None = None) -> ssl.SSLContext:
    """TLS 1.2 or newer, certificates and names verified against the machine's authorities and, if given, those of ca_file (PEM)."""
    context = httpx2.create_ssl_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except (OSError, ssl.SSLError):
            raise Misconfigured(f"The file of certificates {ca_file} cannot be read.", advice="Name a file in PEM format.") from None
    return context


def open_http(ca_file: Path | None = None, *, connections: int = 20) -> httpx2.AsyncClient:
    """A client for athenahealth; close it with `async with`. It follows no redirect, keeps no cookies, and asks no proxy for this machine itself."""
    return httpx2.AsyncClient(
        verify=tls_context(ca_file),
        follow_redirects=False,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        mounts=dict.fromkeys(_THIS_MACHINE),
        limits=httpx2.Limits(max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=30),
    )


async def exchange(
    http: httpx2.AsyncClient,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    body: bytes,
    timeouts: Timeouts,
    most_bytes: int,
    writes: bool,
) -> Received:
    """Send one request and read its answer whole, `most_bytes` at most (after decompression).

    Raises Unreachable where no answer came, with outcome_unknown where a write may have been taken, and Unreadable where it is too large.
    """
    host = httpx2.URL(url).host
    timeout = httpx2.Timeout(connect=timeouts.connect, read=timeouts.read, write=timeouts.write, pool=timeouts.pool)
    sent: float | None = None

    async def note(event: str, _: object) -> None:
        nonlocal sent
        if event.endswith("send_request_body.complete"):
            sent = time.monotonic()

    request = http.build_request(method, url, headers=headers, content=body or None, timeout=timeout, extensions={"trace": note})
    try:
        async with asyncio.timeout(timeouts.whole):
            response = await http.send(request, stream=True, follow_redirects=False, auth=None)
            try:
                content = await _read(response, most_bytes)
            finally:
                await response.aclose()
    except httpx2.HTTPError as error:
        fault = fault_of_wire(error, host, writes)
    except TimeoutError:
        fault = Unreachable(f"{host} did not answer within {timeouts.whole:g} seconds.", outcome_unknown=writes)
    else:
        if content is not None:
            return Received(response.status_code, response.headers, content, sent)
        fault = Unreadable(
            f"The answer of {host} is larger than {most_bytes // 1_000_000} MB.", advice="Ask for fewer records.", outcome_unknown=writes
        )
    raise fault  # outside of `except`: the library's errors carry the address they are about


async def _read(response: httpx2.Response, most_bytes: int) -> bytes | None:
    """The body; None where it is larger than allowed."""
    pieces: list[bytes] = []
    size = 0
    async for piece in response.aiter_bytes():
        size += len(piece)
        if size > most_bytes:
            return None
        pieces.append(piece)
    return b"".join(pieces)


def fault_of_wire(error: httpx2.HTTPError, host: str, writes: bool) -> IntegrationError:
    """The error that a failure of the connection means. Only a request that never left has a known outcome."""
    sent = not isinstance(error, _NOT_SENT)
    unknown = writes and sent
    causes = () if isinstance(error, httpx2.TimeoutException) else _causes(error)
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _certificate(cause, host)
        if isinstance(cause, ssl.SSLError):
            return _tls(cause, host, sent, unknown)
        if isinstance(cause, socket.gaierror):
            return Unreachable(f"The name {host} does not resolve.", advice="Check the base URL and the machine's name server.")
        if isinstance(cause, ConnectionRefusedError):
            return Unreachable(f"{host} refused the connection.", advice="Check the base URL, its port, and whether a firewall is between.")
    return Unreachable(f"{_what_broke(error)} {host}.", outcome_unknown=unknown)


def _what_broke(error: httpx2.HTTPError) -> str:
    if isinstance(error, httpx2.ConnectTimeout):
        return "No connection came about in time to"
    if isinstance(error, httpx2.PoolTimeout):
        return "All connections stayed in use to"
    if isinstance(error, httpx2.TimeoutException):
        return "No answer came in time from"
    if isinstance(error, httpx2.ProxyError):
        return "The proxy did not let us through to"
    if isinstance(error, httpx2.ConnectError):
        return "No connection came about to"
    if isinstance(error, httpx2.DecodingError):
        return "The answer could not be decompressed that came from"
    return "The connection broke off before the answer was complete from"


def _certificate(cause: ssl.SSLCertVerificationError, host: str) -> Unreachable:
    if cause.verify_code == _EXPIRED:
        return Unreachable(f"The certificate of {host} has expired.", advice="Check this machine's clock; else the other side has to renew it.")
    if cause.verify_code == _NOT_YET_VALID:
        return Unreachable(f"The certificate of {host} is not valid yet.", advice="Check this machine's clock.")
    if cause.verify_code in (_WRONG_NAME, _WRONG_ADDRESS):
        return Unreachable(f"The certificate that came is not for {host}.", advice="Check the base URL; a proxy may stand between.")
    if cause.verify_code in _UNKNOWN_ISSUER:
        return Unreachable(
            f"The certificate of {host} is signed by an authority that is not trusted here.",
            advice="If a proxy of yours inspects TLS, add its certificate with the setting ca_file.",
        )
    return Unreachable(f"The certificate of {host} could not be verified.", advice="Check the base URL and any proxy on the way.")


def _tls(cause: ssl.SSLError, host: str, sent: bool, unknown: bool) -> Unreachable:
    reason = cause.reason or ""
    if reason in _TLS_VERSION:
        return Unreachable(f"{host} does not speak TLS 1.2 or newer, which is needed.", advice="Check any proxy on the way.")
    if reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"):
        return Unreachable(f"{host} does not speak TLS at this port.", advice="Check the base URL and its port.")
    if not sent:
        return Unreachable(f"{host} closed the connection while TLS was agreed on.", advice="It may not speak TLS 1.2, or a firewall is between.")
    return Unreachable(f"The encrypted connection broke off to {host}.", outcome_unknown=unknown)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what led to it, groups opened, each once."""
    todo: list[BaseException] = [error]
    seen: set[int] = set()
    while todo:
        one = todo.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        todo += [inner for inner in (one.__cause__, one.__context__) if inner is not None]
        if isinstance(one, BaseExceptionGroup):
            todo += one.exceptions
