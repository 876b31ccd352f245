"""The doors to athenahealth, one client a practice, made from its connection and credentials and made anew when they change."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import httpx2

from practicestudio.athena.rest import ConnectionSettings, RestClient, Timeouts, open_http
from practicestudio.athena.rest.shared import PracticeCalls, SharedBudgets, SharedTokens
from practicestudio.clock import Clock, now
from practicestudio.practices.connection import Connection, get_connection
from practicestudio.practices.credentials import Credentials, get_credentials
from practicestudio.practices.practice import read_practice
from practicestudio.store.database import Database


@dataclass(slots=True)
class Doors:
    """Clients by practice; they share the HTTP pool, the budgets and the tokens. ca_file: certificates that the pool trusts besides the machine's."""

    database: Database
    http: httpx2.AsyncClient
    timeouts: Timeouts
    clock: Clock = now
    ca_file: Path | None = None
    budgets: SharedBudgets = field(init=False)
    tokens: SharedTokens = field(init=False)
    _clients: dict[UUID, RestClient] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.budgets = SharedBudgets(self.database)
        self.tokens = SharedTokens(self.database)

    async def rest(self, practice_id: UUID) -> RestClient:
        """The practice's REST client. Raises Misconfigured where connection or credentials are missing."""
        async with self.database.practice(practice_id) as transaction:
            athena_id = (await read_practice(transaction)).athena_id
            settings = rest_settings(athena_id, await get_connection(transaction), await get_credentials(transaction), self.timeouts)
        client = self._clients.get(practice_id)
        if client is None or client.connection != settings:
            calls = PracticeCalls(self.database, practice_id)
            client = self._clients[practice_id] = RestClient(settings, self.http, self.budgets, self.tokens, calls, self.clock)
        return client


def rest_settings(athena_id: str, connection: Connection, credentials: Credentials, timeouts: Timeouts) -> ConnectionSettings:
    """What the REST client needs, of what is kept for the practice."""
    return ConnectionSettings(
        practice_id=athena_id,
        client_id=credentials.client_id,
        base_url=connection.base_url,
        dialect=connection.dialect,
        api_version=connection.api_version,
        auth_method=connection.auth,
        secret=credentials.client_secret or "",
        private_key=credentials.private_key or "",
        key_id=credentials.key_id or "",
        scopes=connection.scopes,
        refresh_early=connection.refresh_early,
        limits=connection.limits,
        timeouts=timeouts,
    )


@asynccontextmanager
async def open_doors(
    database: Database, *, ca_file: Path | None = None, connect: float = 10, read: float = 60, http: httpx2.AsyncClient | None = None
) -> AsyncIterator[Doors]:
    """Doors with an HTTP pool of their own, or over a given client (a test's, mounted on the sandbox)."""
    timeouts = Timeouts(connect=connect, read=read)
    if http is not None:
        yield Doors(database, http, timeouts)
        return
    async with open_http(ca_file) as pool:
        yield Doors(database, pool, timeouts, ca_file=ca_file)
