"""Testing a practice's connection step by step, from the name of the host to one call of each API in use; each step says what to do."""

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import httpx2

from practicestudio.athena.rest import Appointments, ConnectionSettings, Feeds, Patients, Practice, Purpose, RestClient, tls_context
from practicestudio.athena.rest.budget import Turnstile
from practicestudio.athena.rest.keeper import TokenKeeper
from practicestudio.athena.rest.shared import PracticeCalls
from practicestudio.athena.rest.transport import fault_of_wire
from practicestudio.errors import IntegrationError, Misconfigured, NotYet, Unreachable
from practicestudio.practices.practice import Practice as PracticeRecord
from practicestudio.sync.doors import Doors

StepState = Literal["ok", "failed", "not tried"]
PURPOSE = Purpose(urgency="person")
RENEW_SOON = 30
"""Days of a certificate's life below which a step says so."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step. told: what was found, or what is wrong and what to do; never a secret or a patient's data. seconds: how long it took."""

    name: str
    state: StepState
    told: str
    seconds: float = 0.0


@dataclass(slots=True)
class _Test:
    doors: Doors
    practice: PracticeRecord
    ca_file: Path | None
    client: RestClient
    department: str = field(default="", init=False)

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
        told = certificate_words(writer.get_extra_info("ssl_object"), self.doors.clock())
        writer.close()
        return told

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
        answer = await Practice(self.client, PURPOSE).ping()
        if answer.clock_skew is not None:
            off = f"{abs(answer.clock_skew) / 60:.0f} minutes {'ahead' if answer.clock_skew > 0 else 'behind'}"
            raise Misconfigured(f"athenahealth answers, but this machine's clock is {off}.", advice="Set the clock, for tokens and feeds go by it.")
        return f"athenahealth answers for practice {self.settings.practice_id}"

    async def departments(self) -> str:
        found = await Practice(self.client, PURPOSE).departments()
        if not found:
            raise NotYet("The practice has no departments at athenahealth.", advice="Check the practice id of the connection.")
        self.department = str(found[0]["departmentid"])
        return f"{len(found)} departments"

    async def patients(self) -> str:
        async for page in Patients(self.client, PURPOSE).all(self.department, page_size=1):
            return f"may be read; {page.total} at department {self.department}" if page.total is not None else "may be read"
        return "may be read"

    async def appointments(self) -> str:
        today = self.doors.clock().date()
        found = await Appointments(self.client, PURPOSE).open(self.department, start=today, end=today, also={"bypassscheduletimechecks": True})
        return f"may be read; {len(found)} free times today at department {self.department}"

    async def feeds(self) -> str:
        feeds = Feeds(self.client, PURPOSE)
        stands = [f"{feed} {str((await feeds.subscription(feed)).get('status', 'unknown')).lower()}" for feed in ("patients", "appointments")]
        return f"subscriptions may be read: {', '.join(stands)}"


async def check_connection(doors: Doors, practice: PracticeRecord, ca_file: Path | None = None) -> AsyncIterator[Step]:
    """Test it, a step at a time. After a token was refused nothing more is tried; a name or line that fails may still be passed by a proxy."""
    test = _Test(doors, practice, ca_file, await doors.rest(practice.id))
    wire = {"name": test.name, "connection": test.connect, "TLS": test.encrypt}
    calls = {
        "token": test.token,
        "ping": test.ping,
        "practice": test.departments,
        "patients": test.patients,
        "appointments": test.appointments,
        "changed data": test.feeds,
    }
    for name, work in wire.items():
        yield await _step(name, work)
    failed = False
    for name, work in calls.items():
        if failed:
            yield Step(name, "not tried", "a step before it failed")
            continue
        step = await _step(name, work)
        failed = step.state == "failed" and name in ("token", "ping", "practice")
        yield step


async def _step(name: str, work: Callable[[], Awaitable[str]]) -> Step:
    started = time.monotonic()
    try:
        told, state = await work(), "ok"
    except IntegrationError as error:
        told, state = error.sentence, "failed"
    return Step(name, "ok" if state == "ok" else "failed", told, time.monotonic() - started)


def certificate_words(tls: ssl.SSLObject, now: datetime) -> str:
    """Version of TLS, and the days that the other side's certificate has left."""
    certificate = tls.getpeercert() or {}
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)
    days = (ends - now).days
    soon = "; it has to be renewed soon" if days < RENEW_SOON else ""
    return f"{tls.version()}; the certificate is good for {days} days{soon}"


def _host_and_port(base_url: str) -> tuple[str, int]:
    parts = urlsplit(base_url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _fault(error: OSError, host: str) -> IntegrationError:
    """The sentence that a call would fail with."""
    wrapped = httpx2.ConnectTimeout("") if isinstance(error, TimeoutError) else httpx2.ConnectError("")
    wrapped.__cause__ = error
    return fault_of_wire(wrapped, host, False)
