"""Everything that is known of a practice's connections at one moment, as one frozen value: what health, alerts and metrics are told from."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from practicestudio.clock import first_id_at, moment_of
from practicestudio.errors import Misconfigured
from practicestudio.monitor.backlog import Backlog, read_backlog
from practicestudio.monitor.connection_tests import ConnectionTest, last_test
from practicestudio.monitor.limit_use import HOUR, LimitUse, Sample, read_samples, read_stand, use_of
from practicestudio.monitor.token import TokenState, read_token_state
from practicestudio.monitor.traffic import DoorTraffic, Flow, read_doors, read_flows
from practicestudio.practices.alert_rules import Rules, read_rules
from practicestudio.practices.connection import Connection, get_connection
from practicestudio.practices.credentials import get_credentials
from practicestudio.practices.practice import Practice, read_practice
from practicestudio.practices.shared_credential import blind, limits_name, token_name
from practicestudio.store import sql
from practicestudio.store.database import Database, Transaction, rows


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls to athenahealth of the last minutes (as the rule connection_down has them), and when the newest went well."""

    all: int = 0
    well: int = 0
    last_well: datetime | None = None


@dataclass(frozen=True, slots=True)
class CredentialNames:
    """The names that the practice's credential has its limits and its token by."""

    limits: str
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A practice at one moment. connection: None where none is set. use: None where there are no credentials.

    failed_lately: messages that failed within the minutes of the rule `errors`. unsealed_since: the oldest audit entry that is not sealed.
    emergencies: emergency accesses that last, by id, with their start. disk_free: part of the disk, where it is looked at.
    """

    at: datetime
    practice: Practice
    connection: Connection | None = None
    doors: tuple[DoorTraffic, ...] = ()
    flows: Mapping[str, Flow] = field(default_factory=dict)
    backlog: Backlog = field(default_factory=Backlog)
    token: TokenState = field(default_factory=TokenState)
    use: LimitUse | None = None
    test: ConnectionTest | None = None
    calls: Calls = field(default_factory=Calls)
    failed_lately: int = 0
    unsealed_since: datetime | None = None
    emergencies: tuple[tuple[UUID, datetime], ...] = ()
    disk_free: float | None = None

    def clock(self, moment: datetime) -> str:
        """A moment as the practice's people read it, with the zone, and the day where it is not today."""
        local, today = moment.astimezone(self.practice.zone), self.at.astimezone(self.practice.zone).date()
        return f"{local:%H:%M %Z}" if local.date() == today else f"{local:%b %-d, %H:%M %Z}"


@dataclass(frozen=True, slots=True)
class Watched:
    """A practice's reading with the rules that it is judged by."""

    reading: Reading
    rules: Rules


async def read_practice_now(database: Database, practice_id: UUID, now: datetime) -> Watched:
    """Read everything that is to be known of a practice. unsealed_since is left to whoever reads it for all practices at once."""
    async with database.practice(practice_id) as transaction:
        rules = await read_rules(transaction)
        practice, connection, names = await read_set_up(transaction)
        reading = Reading(
            at=now,
            practice=practice,
            connection=connection,
            doors=await read_doors(transaction, now),
            flows=await read_flows(transaction, now),
            backlog=await read_backlog(transaction, now),
            test=await last_test(transaction, now),
            calls=await _read_calls(transaction, now - timedelta(minutes=rules["connection_down"].values["minutes"])),
            failed_lately=await _failed_since(transaction, now - timedelta(minutes=rules["errors"].values["minutes"])),
        )
    return Watched(await _with_shared(database, reading, names), rules)


async def read_set_up(transaction: Transaction) -> tuple[Practice, Connection | None, CredentialNames | None]:
    """The practice, its connection, and the names of its credential; None for what is not set."""
    practice = await read_practice(transaction)
    try:
        connection = await get_connection(transaction)
    except Misconfigured:  # there is none yet, which is not a fault here
        return practice, None, None
    try:
        client_id = (await get_credentials(transaction)).client_id
    except Misconfigured:
        return practice, connection, None
    limits = limits_name(client_id, connection.base_url)
    return practice, connection, CredentialNames(limits, token_name(client_id, connection.base_url, connection.scopes))


async def _with_shared(database: Database, reading: Reading, names: CredentialNames | None) -> Reading:
    """The reading with what is kept for all practices together: emergency access, and the token and limits of its credential."""
    async with database.shared() as shared:
        reading = replace(reading, emergencies=await _emergencies(shared, reading))
        if reading.connection is None or names is None:
            return reading
        limits = blind(shared, names.limits)
        stand = await read_stand(shared, limits, reading.at)
        samples: list[Sample] = await read_samples(shared, limits, reading.at - HOUR)
        token = await read_token_state(shared, blind(shared, names.token), reading.at)
    return replace(reading, token=token, use=use_of(reading.connection.limits, stand, samples, reading.at))


async def _read_calls(transaction: Transaction, since: datetime) -> Calls:
    """The calls since then; the time of a call is in its id."""
    row = await sql.monitor.calls_answered(transaction.connection, practice_id=transaction.practice_id, since=first_id_at(since))
    return Calls(row[0], row[1], moment_of(UUID(row[2])) if row[2] else None)


async def _failed_since(transaction: Transaction, since: datetime) -> int:
    count: int = await sql.monitor.failed_since(transaction.connection, practice_id=transaction.practice_id, since=since)
    return count


async def _emergencies(shared: Transaction, reading: Reading) -> tuple[tuple[UUID, datetime], ...]:
    found = sql.monitor.emergencies(shared.connection, of_practice=reading.practice.id, now=reading.at)
    return tuple((row[0], row[1]) for row in await rows(found))
