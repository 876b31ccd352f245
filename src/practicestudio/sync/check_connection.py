"""Testing a practice's connection step by step, from the name of the host to one call of each API in use; each step says what to do."""

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx2

from practicestudio.athena.rest import Appointments, ConnectionSettings, Feeds, Patients, Practice, Purpose, RestClient, tls_context
from practicestudio.athena.rest.budget import Turnstile
from practicestudio.athena.rest.keeper import TokenKeeper
from practicestudio.athena.rest.shared import PracticeCalls
from practicestudio.athena.rest.transport import fault_of_wire
from practicestudio.delivery.message import Urgency
from practicestudio.errors import IntegrationError, Misconfigured, NotYet, Unreachable
from practicestudio.monitor.connection_tests import Step
from practicestudio.practices.practice import Practice as PracticeRecord
from practicestudio.sync.doors import Doors

RENEW_SOON = 30
"""Days of a certificate's life below which a step says so."""

STEPS = ("name", "connection", "TLS", "token", "ping", "practice", "patients", "appointments", "changed data")
NEEDED = ("token", "ping", "practice")
"""Steps without which nothing after them is tried."""


@dataclass(slots=True)
class _Test:
    doors: Doors
    practice: PracticeRecord
    ca_file: Path | None
    client: RestClient
    purpose: Purpose
    department: str = field(default="", init=False)
    certificate_ends: datetime | None = field(default=None, init=False)

    @property
    def settings(self) -> ConnectionSettings:
        return self.client.connection

    async def name(self) -> str:
        host, port = _host_and_port(self.settings.base_url)
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except socket.gaierror:
            raise Unreachable(f"The name {host} does not resolve.", advice="Check the base URL and the machine's name server.") from None
        return f"{host} is {', '.join(sorted({str(one[4][0]) for one in found}))}"

    async def connect(self) -> str:
        host, port = _host_and_port(self.settings.base_url)
        writer = await self._open(host, port, None)
        writer.close()
        return f"{host} accepts connections at port {port}"

    async def encrypt(self) -> str:
        if urlsplit(self.settings.base_url).scheme == "http":
            return "not encrypted, which is for a sandbox on this machine alone"
        host, port = _host_and_port(self.settings.base_url)
        writer = await self._open(host, port, tls_context(self.ca_file))
        tls = writer.get_extra_info("ssl_object")
        self.certificate_ends = certificate_end(tls)
        writer.close()
        return certificate_words(tls.version(), self.certificate_ends, self.doors.clock())

    async def _open(self, host: str, port: int, tls: ssl.SSLContext | None) -> asyncio.StreamWriter:
        try:
            async with asyncio.timeout(self.settings.timeouts.connect):
                _, writer = await asyncio.open_connection(host, port, ssl=tls, server_hostname=host if tls else None)
        except (OSError, TimeoutError) as error:
            raise _fault(error, host) from None
        return writer

    async def token(self) -> str:
        turnstile = Turnstile(self.doors.budgets, self.settings.credential, self.settings.limits, self.settings.patience)
        calls = PracticeCalls(self.doors.database, self.practice.id)
        keeper = TokenKeeper(self.settings, self.doors.http, self.doors.tokens, turnstile, calls, self.doors.clock)
        token = await keeper.token()
        return f"athenahealth gives us one; it is good for {(token.expires_at - self.doors.clock()).total_seconds() / 60:.0f} minutes"

    async def ping(self) -> str:
        answer = await Practice(self.client, self.purpose).ping()
        if answer.clock_skew is not None:
            off = f"{abs(answer.clock_skew) / 60:.0f} minutes {'ahead' if answer.clock_skew > 0 else 'behind'}"
            raise Misconfigured(f"athenahealth answers, but this machine's clock is {off}.", advice="Set the clock, for tokens and feeds go by it.")
        return f"athenahealth answers for practice {self.settings.practice_id}"

    async def departments(self) -> str:
        found = await Practice(self.client, self.purpose).departments()
        if not found:
            raise NotYet("The practice has no departments at athenahealth.", advice="Check the practice id of the connection.")
        self.department = str(found[0]["departmentid"])
        return f"{len(found)} departments"

    async def patients(self) -> str:
        async for page in Patients(self.client, self.purpose).all(self.department, page_size=1):
            return f"may be read; {page.total} at department {self.department}" if page.total is not None else "may be read"
        return "may be read"

    async def appointments(self) -> str:
        today = self.doors.clock().date()
        found = await Appointments(self.client, self.purpose).open(self.department, start=today, end=today, also={"bypassscheduletimechecks": True})
        return f"may be read; {len(found)} free times today at department {self.department}"

    async def feeds(self) -> str:
        feeds = Feeds(self.client, self.purpose)
        stands = [f"{feed} {str((await feeds.subscription(feed)).get('status', 'unknown')).lower()}" for feed in ("patients", "appointments")]
        return f"subscriptions may be read: {', '.join(stands)}"


async def check_connection(
    doors: Doors, practice: PracticeRecord, ca_file: Path | None = None, *, urgency: Urgency = "person"
) -> AsyncIterator[Step]:
    """Test it, a step at a time. After a token was refused nothing more is tried; a name or line that fails may still be passed by a proxy.

    ca_file: certificates to trust besides those that the doors trust.
    """
    test = _Test(doors, practice, ca_file or doors.ca_file, await doors.rest(practice.id), Purpose(urgency=urgency))
    works = (test.name, test.connect, test.encrypt, test.token, test.ping, test.departments, test.patients, test.appointments, test.feeds)
    failed = False
    for name, work in zip(STEPS, works, strict=True):
        if failed:
            yield Step(name, "not tried", "a step before it failed")
            continue
        step = await _step(name, work)
        failed = step.state == "failed" and name in NEEDED
        yield replace(step, certificate_ends=test.certificate_ends) if name == "TLS" else step


async def _step(name: str, work: Callable[[], Awaitable[str]]) -> Step:
    started = time.monotonic()
    try:
        told, state = await work(), "ok"
    except IntegrationError as error:
        told, state = error.sentence, "failed"
    return Step(name, "ok" if state == "ok" else "failed", told, time.monotonic() - started)


def certificate_end(tls: ssl.SSLObject) -> datetime:
    """When the other side's certificate ends."""
    certificate = tls.getpeercert() or {}
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)


def certificate_words(version: str, ends: datetime, now: datetime) -> str:
    """Version of TLS, and the days that the other side's certificate has left."""
    days = (ends - now).days
    soon = "; it has to be renewed soon" if days < RENEW_SOON else ""
    return f"{version}; the certificate is good for {days} days{soon}"


def _host_and_port(base_url: str) -> tuple[str, int]:
    parts = urlsplit(base_url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _fault(error: OSError, host: str) -> IntegrationError:
    """The sentence that a call would fail with."""
    wrapped = httpx2.ConnectTimeout("") if isinstance(error, TimeoutError) else httpx2.ConnectError("")
    wrapped.__cause__ = error
    return fault_of_wire(wrapped, host, False)
