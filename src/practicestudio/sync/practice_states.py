"""How far practices are set up: connection, credentials, last test, first pull; for the list of practices and for setting one up step by step."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from practicestudio.monitor.connection_tests import ConnectionTest, last_test
from practicestudio.practices import configuration, connection, sync_rules
from practicestudio.practices.connection import Connection
from practicestudio.practices.credentials import CredentialsState, credentials_state
from practicestudio.practices.practice import Practice
from practicestudio.store import sql
from practicestudio.store.database import Database, Transaction
from practicestudio.sync.schedule_jobs import job_message

SetUpStep = Literal["connection", "credentials", "test", "first sync", "done"]
StateWord = Literal["not set up", "not tested", "ok", "failed"]


@dataclass(frozen=True, slots=True)
class PracticeState:
    """How far one practice is. pulled: a pull of its patients was asked for; pulls: its sync rules ask for one."""

    practice: Practice
    connection: Connection | None
    credentials: CredentialsState | None
    last_test: ConnectionTest | None
    pulled: bool
    pulls: bool

    @property
    def mismatch(self) -> str | None:
        """Why the credentials do not fit the way of signing in, in one sentence, or None."""
        if self.connection is None or self.credentials is None:
            return None
        wanted = "private key" if self.connection.auth == "private_key_jwt" else "client secret"
        if self.credentials.proof == wanted:
            return None
        return f"The sign-in method needs a {wanted}, and a {self.credentials.proof} is set. Set the credentials anew, or choose another method."

    @property
    def step(self) -> SetUpStep:
        """What is to be done next to have it running."""
        if self.connection is None:
            return "connection"
        if self.credentials is None or self.mismatch:
            return "credentials"
        if self.pulled or not self.pulls:
            return "done"
        return "first sync" if self.last_test is not None and self.last_test.state == "ok" else "test"

    @property
    def word(self) -> StateWord:
        """In one word."""
        if self.connection is None or self.credentials is None:
            return "not set up"
        if self.last_test is None:
            return "not tested"
        return "ok" if self.last_test.state == "ok" else "failed"


async def read_state(transaction: Transaction, practice: Practice, now: datetime) -> PracticeState:
    """How far the transaction's practice is set up."""
    values = await configuration.read(transaction)
    stored = values.get(connection.SECTION, {}).get(connection.NAME)
    rules = sync_rules.from_value(values.get(sync_rules.SECTION, {}).get(sync_rules.NAME))
    return PracticeState(
        practice,
        None if stored is None else connection.from_value(stored),
        await credentials_state(transaction),
        await last_test(transaction, now),
        await _was_pulled(transaction),
        rules.patients != "none",
    )


async def read_states(database: Database, practices: Sequence[Practice], now: datetime) -> list[PracticeState]:
    """The same of several practices, each in a transaction of its own."""

    async def one(practice: Practice) -> PracticeState:
        async with database.practice(practice.id) as transaction:
            return await read_state(transaction, practice, now)

    return list(await asyncio.gather(*(one(practice) for practice in practices)))


async def _was_pulled(transaction: Transaction) -> bool:
    begun = await sql.runs.was_run(transaction.connection, practice_id=transaction.practice_id, what="patients")
    return bool(begun) or await job_message(transaction, "pull.patients") is not None
