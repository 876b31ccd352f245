"""Is a connection well? One word and one sentence, from the reading and what the rules find in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from practicestudio.monitor.findings import Finding, find
from practicestudio.monitor.reading import Reading, Watched
from practicestudio.practices.alert_rules import Rules

State = Literal["well", "attention", "down", "not set up"]


@dataclass(frozen=True, slots=True)
class Health:
    """state: well; attention: something should be looked at; down: nothing gets through; not set up. because: one sentence, with what to do."""

    state: State
    because: str
    findings: tuple[Finding, ...] = ()


def judge(reading: Reading, rules: Rules) -> Health:
    """The health that follows from a reading. Pure."""
    if reading.connection is None:
        return Health("not set up", "This practice has no connection to athenahealth yet. Set one under Settings > Integrations > athenahealth.")
    found = find(reading, rules)
    if found and found[0].down:
        return Health("down", found[0].sentence, tuple(found))
    if telling := [one for one in found if one.severity != "notice"]:
        return Health("attention", telling[0].sentence, tuple(found))
    if waits := _waits_for_people(reading):
        return Health("attention", waits, tuple(found))
    return Health("well", _last_news(reading), tuple(found))


def health_of(watched: Watched) -> Health:
    """The health of a practice that was read. Pure."""
    return judge(watched.reading, watched.rules)


def worst(healths: Sequence[Health]) -> State:
    """The state of several together: the worst of them, and well where nothing is set up."""
    states = [health.state for health in healths]
    return next((state for state in ("down", "attention", "well") if state in states), "not set up")


def _waits_for_people(reading: Reading) -> str:
    backlog = reading.backlog
    if backlog.failed:
        return f"{_count(backlog.failed, 'message', 'messages')} failed. Error Management groups them by what went wrong."
    if backlog.parked:
        return f"{_count(backlog.parked, 'message waits', 'messages wait')} for a decision. Decide them under Review."
    if backlog.held_lanes:
        held = _count(backlog.held_lanes, "lane waits", "lanes wait")
        return f"{held} until a failed message is retried or discarded. See Error Management."
    return ""


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _last_news(reading: Reading) -> str:
    received = [door.last_received for door in reading.doors if door.last_received is not None]
    if received:
        return f"Everything is well; the last message came at {reading.clock(max(received))}."
    return "Everything is well; nothing has been received yet."
