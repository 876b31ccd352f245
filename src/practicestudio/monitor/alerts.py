"""Alerts: one row from the moment a rule finds something wrong until it is well again, told once when it opens and once when it is over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from practicestudio.access import audit
from practicestudio.access.audit import AuditEntry
from practicestudio.access.audit_actions import Action
from practicestudio.clock import first_id_at, new_id
from practicestudio.errors import Misconfigured
from practicestudio.monitor.channels import Channel, list_channels
from practicestudio.monitor.findings import Finding
from practicestudio.practices.alert_rules import BY_NAME, SEVERITIES, Severity
from practicestudio.store import sql
from practicestudio.store.database import Transaction, rows

SETTLE = timedelta(minutes=5)
"""An alert is over when nothing was found for so long: what comes and goes every minute stays one alert."""

KEEP = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert. about: which of several things it is about. last_true: when it was last found. closed_at: None while it is open."""

    id: UUID
    rule: str
    about: str
    severity: Severity
    sentence: str
    opened_at: datetime
    last_true: datetime
    closed_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None

    @property
    def title(self) -> str:
        """What its rule is called."""
        return BY_NAME[self.rule].title if self.rule in BY_NAME else self.rule


@dataclass(frozen=True, slots=True)
class Note:
    """That an alert opened, or is over, told to a channel: waiting (tried again at due_at), sent, or failed with the reason."""

    alert_id: UUID
    channel_id: UUID
    what: str
    state: str
    tries: int
    due_at: datetime
    ended_at: datetime | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Changes:
    """What a round changes: alerts to open, those still found, those that are over."""

    opened: tuple[Finding, ...]
    still: tuple[tuple[Alert, Finding], ...]
    over: tuple[Alert, ...]


def decide(found: Sequence[Finding], alerts: Sequence[Alert], now: datetime) -> Changes:
    """What becomes of the open alerts by what is found now. Pure."""
    findings = {(one.rule, one.about): one for one in found}
    known = {(one.rule, one.about): one for one in alerts}
    return Changes(
        opened=tuple(one for key, one in findings.items() if key not in known),
        still=tuple((alert, findings[key]) for key, alert in known.items() if key in findings),
        over=tuple(alert for key, alert in known.items() if key not in findings and now - alert.last_true >= SETTLE),
    )


async def note_findings(transaction: Transaction, found: Sequence[Finding], now: datetime) -> Changes:
    """Open, keep and close alerts of the transaction's practice by what was found, with a note for every channel that is to be told."""
    connection, practice_id = transaction.connection, transaction.practice_id
    alerts = [Alert(*row) for row in await rows(sql.alerts.lock_open(connection, practice_id=practice_id))]
    changes = decide(found, alerts, now)
    channels = await list_channels(transaction) if changes.opened or changes.over else []
    for finding in changes.opened:
        await _open(transaction, finding, channels, now)
    if changes.still:
        await sql.alerts.see_alerts(
            connection,
            practice_id=practice_id,
            ids=[alert.id for alert, _ in changes.still],
            severities=[finding.severity for _, finding in changes.still],
            sentences=[finding.sentence for _, finding in changes.still],
            now=now,
        )
    await _close(transaction, changes.over, channels, now)
    return changes


async def _open(transaction: Transaction, finding: Finding, channels: Sequence[Channel], now: datetime) -> None:
    alert = new_id()
    await sql.alerts.open_alert(
        transaction.connection,
        practice_id=transaction.practice_id,
        id=alert,
        rule=finding.rule,
        about=finding.about,
        severity=finding.severity,
        sentence=finding.sentence,
        now=now,
    )
    told = [channel.id for channel in channels if channel.enabled and wants(channel, finding.severity)]
    await _put_notes(transaction, alert, told, "opened", now)


async def _close(transaction: Transaction, over: Sequence[Alert], channels: Sequence[Channel], now: datetime) -> None:
    """Close alerts; whoever was told that one opened is told that it is over."""
    connection, practice_id = transaction.connection, transaction.practice_id
    if over:
        await sql.alerts.close_alerts(connection, practice_id=practice_id, ids=[alert.id for alert in over], now=now)
    there = {channel.id for channel in channels if channel.enabled}
    for alert in over:
        told = {row[0] for row in await rows(sql.alerts.told_openings(connection, practice_id=practice_id, alert_id=alert.id))}
        await _put_notes(transaction, alert.id, sorted(told & there), "over", now)


async def _put_notes(transaction: Transaction, alert: UUID, channels: Sequence[UUID], what: str, now: datetime) -> None:
    if channels:
        await sql.alerts.put_notes(
            transaction.connection,
            practice_id=transaction.practice_id,
            ids=[new_id() for _ in channels],
            alert_ids=[alert for _ in channels],
            channel_ids=list(channels),
            what=what,
            now=now,
        )


def wants(channel: Channel, severity: Severity) -> bool:
    """Whether a channel is told of alerts of this severity."""
    return SEVERITIES.index(severity) >= SEVERITIES.index(channel.least)


async def open_alerts(transaction: Transaction) -> list[Alert]:
    """The practice's open alerts, the worst first, then the newest."""
    found = [Alert(*row) for row in await rows(sql.alerts.open_alerts(transaction.connection, practice_id=transaction.practice_id))]
    return sorted(found, key=lambda one: -SEVERITIES.index(one.severity))


async def list_alerts(transaction: Transaction, *, before: UUID | None = None, limit: int = 50) -> list[Alert]:
    """The newest alerts, open and over; go on with `before` set to the last id."""
    return [
        Alert(*row) for row in await rows(sql.alerts.alerts(transaction.connection, practice_id=transaction.practice_id, before=before, limit=limit))
    ]


async def notes_of(transaction: Transaction, alerts: Sequence[UUID]) -> list[Note]:
    """Who was told of these alerts, and whether that arrived."""
    return [Note(*row) for row in await rows(sql.alerts.notes(transaction.connection, practice_id=transaction.practice_id, alert_ids=list(alerts)))]


async def acknowledge(transaction: Transaction, alert: UUID, now: datetime, by: str) -> None:
    """Note that somebody has seen an alert and sees to it. It stays open until it is well again. Raises Misconfigured where there is none to note."""
    rule = await sql.alerts.acknowledge(transaction.connection, practice_id=transaction.practice_id, id=alert, now=now, by=by)
    if rule is None:
        raise Misconfigured(
            "There is no such alert that nobody has acknowledged.", advice="Somebody else may have been faster; look at the list anew."
        )
    await audit.write(transaction, [AuditEntry(Action.PERSON_ALERT_ACKNOWLEDGE, by, "alert", alert, changes={"rule": (None, rule)})])


async def drop_old(transaction: Transaction, now: datetime) -> None:
    """Drop alerts that were over more than 400 days ago, and their notes."""
    connection, practice_id = transaction.connection, transaction.practice_id
    await sql.alerts.drop_alerts(connection, practice_id=practice_id, before=now - KEEP)
    await sql.alerts.drop_notes(connection, practice_id=practice_id, before=first_id_at(now - KEEP))
