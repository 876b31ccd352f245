"""The same figures for Prometheus: a registry of its own a scrape, read from the store, labelled by practice, door, direction and state alone."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from practicestudio.errors import IntegrationError
from practicestudio.monitor.alerts import Alert, open_alerts
from practicestudio.monitor.health import State, judge
from practicestudio.monitor.limit_use import LimitUse
from practicestudio.monitor.reading import Reading, read_practice_now
from practicestudio.monitor.rounds import LastRound, last_round
from practicestudio.practices.practice import Practice, list_practices
from practicestudio.store import sql
from practicestudio.store.database import Database, rows

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
PREFIX = "practicestudio_"
AT_ONCE = 4
STATES: tuple[State, ...] = ("well", "attention", "down", "not set up")

Labels = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scraped:
    """A practice's figures. counts: messages by door, direction and state."""

    reading: Reading
    state: State
    counts: Mapping[Labels, int]
    alerts: Sequence[Alert]

    @property
    def practice(self) -> str:
        """The label: athenahealth's practice id."""
        return self.reading.practice.athena_id


@dataclass(frozen=True, slots=True)
class Figure:
    """A metric of practices. labels: beside the practice; values: of one practice, each with these labels; None is left out."""

    name: str
    help: str
    values: Callable[[Scraped], Iterable[tuple[Labels, float | None]]]
    labels: Labels = ()


def _one(value: Callable[[Scraped], float | None]) -> Callable[[Scraped], Iterable[tuple[Labels, float | None]]]:
    return lambda one: [((), value(one))]


def _states(one: Scraped) -> Iterable[tuple[Labels, float]]:
    return [((state,), float(one.state == state)) for state in STATES]


def _alerts(one: Scraped) -> Iterable[tuple[Labels, float]]:
    return {(alert.severity, alert.rule): 1.0 for alert in one.alerts}.items()


def _times(one: Scraped) -> Iterable[tuple[Labels, float | None]]:
    flows = one.reading.flows.items()
    return [pair for way, flow in flows for pair in (((way, "0.5"), flow.p50), ((way, "0.95"), flow.p95))]


def _of_use(value: Callable[[LimitUse], float | None]) -> Callable[[Scraped], Iterable[tuple[Labels, float | None]]]:
    return lambda one: [((), value(one.reading.use))] if one.reading.use is not None else []


FIGURES: tuple[Figure, ...] = (
    Figure("connection_state", "1 for the state that the connection is in.", _states, ("state",)),
    Figure("alert_open", "1 for every rule with an open alert.", _alerts, ("severity", "rule")),
    Figure("messages", "Messages in the log.", lambda one: one.counts.items(), ("door", "direction", "state")),
    Figure(
        "last_received_timestamp_seconds",
        "When a door last received.",
        lambda one: [((door.door,), _stamp(door.last_received)) for door in one.reading.doors],
        ("door",),
    ),
    Figure(
        "last_sent_timestamp_seconds",
        "When a door last sent what was taken.",
        lambda one: [((door.door,), _stamp(door.last_sent)) for door in one.reading.doors],
        ("door",),
    ),
    Figure(
        "messages_per_minute",
        "Messages a minute, over five minutes.",
        lambda one: [((way,), flow.a_minute) for way, flow in one.reading.flows.items()],
        ("direction",),
    ),
    Figure("processing_seconds", "From received to finished, over the last hour.", _times, ("direction", "quantile")),
    Figure("queue_age_seconds", "How long something is due that no worker takes.", _one(lambda one: _age(one.reading))),
    Figure("held_lanes", "Lanes that wait for a failed message.", _one(lambda one: one.reading.backlog.held_lanes)),
    Figure("open_reviews", "Questions that wait for a decision.", _one(lambda one: one.reading.backlog.reviews)),
    Figure("calls_today", "Calls of athenahealth's day, by the credential.", _of_use(lambda use: use.used)),
    Figure("calls_left_today", "Calls left of athenahealth's day.", _of_use(lambda use: use.left)),
    Figure("calls_busiest_second", "Calls of the busiest second of the last minute.", _of_use(lambda use: use.busiest_second)),
    Figure(
        "day_limit_reached_timestamp_seconds",
        "When the day's limit is reached at this rate.",
        _of_use(lambda use: _stamp(use.reached_at)),
    ),
    Figure("token_end_timestamp_seconds", "When the access token ends.", _one(lambda one: _stamp(one.reading.token.good_until))),
    Figure(
        "certificate_end_timestamp_seconds",
        "When the host's certificate ends.",
        _one(lambda one: _stamp(one.reading.test.certificate_ends) if one.reading.test else None),
    ),
    Figure(
        "connection_test_ok",
        "1 where the last connection test passed.",
        _one(lambda one: float(one.reading.test.state == "ok") if one.reading.test else None),
    ),
)


@dataclass(frozen=True, eq=False)
class _Scrape(Collector):
    """All figures of one scrape. unreadable: practices that could not be read."""

    practices: Sequence[Scraped]
    round: LastRound | None
    unreadable: int

    def collect(self) -> Iterable[Metric]:
        """Every metric."""
        yield InfoMetricFamily(f"{PREFIX}build", "The version that runs.", {"version": version("practicestudio")})
        yield GaugeMetricFamily(f"{PREFIX}unreadable_practices", "Practices whose figures could not be read.", self.unreadable)
        if self.round is not None:
            yield GaugeMetricFamily(f"{PREFIX}monitor_round_timestamp_seconds", "When the monitor last looked.", self.round.begun_at.timestamp())
        for figure in FIGURES:
            metric = GaugeMetricFamily(PREFIX + figure.name, figure.help, labels=("practice", *figure.labels))
            for one in self.practices:
                for labels, value in figure.values(one):
                    if value is not None:
                        metric.add_metric((one.practice, *labels), value)
            yield metric


async def render_metrics(database: Database, now: datetime) -> bytes:
    """Everything, in the text format of Prometheus. No patient data, and no name of a practice."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def read(practice: Practice) -> Scraped | None:
        async with gate:
            try:
                return await _scrape(database, practice, now)
            except IntegrationError:  # counted, and told by the monitor's log
                return None

    found = await asyncio.gather(*(read(practice) for practice in await list_practices(database)))
    read_ones = [one for one in found if one is not None]
    registry = CollectorRegistry()
    registry.register(_Scrape(read_ones, await last_round(database), len(found) - len(read_ones)))
    return generate_latest(registry)


async def _scrape(database: Database, practice: Practice, now: datetime) -> Scraped:
    watched = await read_practice_now(database, practice.id, now)
    async with database.practice(practice.id) as transaction:
        counts = await rows(sql.monitor.counts(transaction.connection, practice_id=practice.id))
        alerts = await open_alerts(transaction)
    state = judge(watched.reading, watched.rules).state
    return Scraped(watched.reading, state, {(door, direction, state): count for door, direction, state, count in counts}, alerts)


def _stamp(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


def _age(reading: Reading) -> float:
    since = reading.backlog.due_since
    return 0.0 if since is None else max(0.0, (reading.at - since).total_seconds())
