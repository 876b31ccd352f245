"""What all processes share of a credential, kept in PostgreSQL: its budget, its token; and the log of calls of a practice."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from practicestudio.athena.rest.calls import Call
from practicestudio.athena.rest.keeper import StoredToken
from practicestudio.athena.rest.limits import Budget
from practicestudio.athena.rest.token import Token
from practicestudio.practices.shared_credential import blind
from practicestudio.store import sql
from practicestudio.store.database import Database

D = TypeVar("D")


class SharedBudgets:
    """A BudgetStore: one row a credential, locked while a decision is made."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: set[str] = set()

    async def decide(self, credential: str, decide: Callable[[Budget, datetime], tuple[Budget, D]]) -> D:
        """See BudgetStore."""
        async with self._database.shared() as transaction:
            connection, key = transaction.connection, str(blind(transaction, credential))
            await sql.limits.soft_commit(connection)
            if key not in self._known:
                await sql.limits.ensure_budget(connection, credential=key)
                self._known.add(key)
            *row, present = await sql.limits.lock_budget(connection, credential=key)
            names = ("next_at", "day", "day_used", "day_remaining", "minute", "minute_used")
            after, decision = decide(Budget(**dict(zip(names, row, strict=True))), present)
            await sql.limits.put_budget(connection, credential=key, **{name: getattr(after, name) for name in names})
            return decision


class SharedTokens:
    """A TokenStore: sealed under the key of what practices share."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, credential: str) -> StoredToken | None:
        """See TokenStore."""
        async with self._database.shared() as transaction:
            identity = blind(transaction, credential)
            row = await sql.limits.token(transaction.connection, credential=str(identity))
            if row is None:
                return None
            sealed, expires_at, refused_until, refused_why = row
            token = Token(transaction.sealer.open("tokens", identity, sealed).decode(), expires_at) if sealed is not None else None
            return StoredToken(token, refused_until, refused_why or "")

    async def begin_refresh(self, credential: str, seconds: float) -> bool:
        """See TokenStore."""
        async with self._database.shared() as transaction:
            key = str(blind(transaction, credential))
            return bool(await sql.limits.begin_refresh(transaction.connection, credential=key, lease=f"{seconds} seconds"))

    async def put(self, credential: str, token: str, expires_at: datetime) -> None:
        """See TokenStore."""
        async with self._database.shared() as transaction:
            identity = blind(transaction, credential)
            sealed = transaction.sealer.seal("tokens", identity, token.encode())
            await sql.limits.put_token(transaction.connection, credential=str(identity), sealed=sealed, expires_at=expires_at)

    async def refuse(self, credential: str, until: datetime, why: str) -> None:
        """See TokenStore."""
        async with self._database.shared() as transaction:
            key = str(blind(transaction, credential))
            await sql.limits.refuse_token(transaction.connection, credential=key, refused_until=until, refused_why=why)

    async def forget(self, credential: str) -> None:
        """Forget token and refusal, after new credentials were set."""
        async with self._database.shared() as transaction:
            await sql.limits.forget_refusal(transaction.connection, credential=str(blind(transaction, credential)))


class PracticeCalls:
    """A CallLog: rows of the practice's tries, beside those of the messages that the calls were made for."""

    def __init__(self, database: Database, practice_id: UUID) -> None:
        self._database = database
        self._practice_id = practice_id

    async def record(self, call: Call) -> None:
        """See CallLog."""
        async with self._database.practice(self._practice_id) as transaction:
            await sql.messages.insert_tries(
                transaction.connection,
                practice_id=self._practice_id,
                ids=[call.id],
                message_ids=[call.message_id],
                run_ids=[call.run_id],
                operations=[call.operation],
                methods=[call.method],
                path_templates=[call.path_template],
                statuses=[call.status],
                durations=[call.duration_ms],
                error_codes=[call.error_code],
                errors=[None],
                request_ids=[call.request_id or None],
                remaining=[call.remaining_today],
                urgencies=[call.urgency],
            )
