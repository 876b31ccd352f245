"""What is wrong now, by the rules: a pure decision over one reading, each finding one sentence with what to do."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from practicestudio.monitor.connection_tests import ConnectionTest
from practicestudio.monitor.limit_use import day_end
from practicestudio.monitor.reading import Reading
from practicestudio.practices.alert_rules import SEVERITIES, Rule, Rules, Severity
from practicestudio.practices.schedule import Window

WIRE = frozenset({"name", "connection", "TLS"})


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong. about: which of several things the rule found it in. down: nothing gets through."""

    rule: str
    severity: Severity
    sentence: str
    about: str = ""
    down: bool = False


def find(reading: Reading, rules: Rules) -> list[Finding]:
    """Everything that the rules find in a reading, the worst first."""
    found = []
    for name, look in LOOKS.items():
        rule = rules[name]
        if rule.enabled:
            found += [Finding(name, rule.severity, said, about, rule.kind.down) for about, said in look(reading, rule)]
    return worst_first(found)


def worst_first(found: Sequence[Finding]) -> list[Finding]:
    """What cuts off first, then by severity."""
    return sorted(found, key=lambda one: (not one.down, -SEVERITIES.index(one.severity), one.rule, one.about))


Said = Iterator[tuple[str, str]]


def _connection_down(reading: Reading, rule: Rule) -> Said:
    test, calls = reading.test, reading.calls
    failed = test.cut_off_at if test else None
    if test and failed and not _went_well_since(reading, test):
        yield "rest", f"The connection test of {reading.clock(test.started_at)} failed at the step {failed.name}: {failed.told}"
    elif calls.all and calls.all >= rule.values["calls"] and not calls.well:
        yield "rest", f"All {calls.all} calls of the last {_span(rule.values['minutes'])} failed. Test the connection to see what to do."


def _span(minutes: int) -> str:
    return f"{minutes // 60} hours" if minutes >= 120 and minutes % 60 == 0 else f"{minutes} minutes"


def _went_well_since(reading: Reading, test: ConnectionTest) -> bool:
    last = reading.calls.last_well
    return last is not None and last > test.started_at + timedelta(seconds=test.seconds or 0)


def _token_refused(reading: Reading, _: Rule) -> Said:
    if reading.token.standing == "refused":
        yield "rest", reading.token.why or "athenahealth refuses the credentials. Check client id, secret or key, and the scopes."


def _api_failed(reading: Reading, _: Rule) -> Said:
    test = reading.test
    if test is None or test.cut_off_at is not None:
        return
    for step in test.steps:
        if step.state == "failed" and step.name not in WIRE:
            yield step.name, f"The connection works, but the step {step.name} of its test failed: {step.told}"


def _day_forecast(reading: Reading, rule: Rule) -> Said:
    use = reading.use
    if use is None or use.reached_at is None or not use.left or use.day_share is None or use.day_share * 100 < rule.values["used"]:
        return
    yield (
        "",
        f"At the present {use.an_hour:,.0f} calls an hour the day's limit is reached at {reading.clock(use.reached_at)}, before the day ends at"
        f" {reading.clock(day_end(reading.at))}. Move pulls into the off-peak window, or ask athenahealth for a higher limit.",
    )


def _day_used(reading: Reading, rule: Rule) -> Said:
    use = reading.use
    if use is None or use.left is None or use.day_share is None or use.day_share * 100 < rule.values["used"]:
        return
    then = f"It begins anew at {reading.clock(day_end(reading.at))}"
    yield "", f"{use.day_share:.0%} of the day's calls are used; {use.left:,} are left. {then}; until then let only what is urgent run."


def _errors(reading: Reading, rule: Rule) -> Said:
    if reading.failed_lately >= rule.values["count"]:
        span = _span(rule.values["minutes"])
        yield "", f"{reading.failed_lately:,} messages failed within {span}. Error Management groups them by what went wrong."


def _queue(reading: Reading, rule: Rule) -> Said:
    since = reading.backlog.due_since
    if since is not None and reading.at - since >= timedelta(minutes=rule.values["minutes"]):
        yield "", f"Messages wait for a worker since {reading.clock(since)}. See that Practice Studio runs with the role worker."


def _jobs_late(reading: Reading, rule: Rule) -> Said:
    since, job = reading.backlog.late_since, reading.backlog.late_job
    if since is not None and reading.at - since >= timedelta(minutes=rule.values["minutes"]):
        yield "", f"The job {job} is due since {reading.clock(since)} and nobody starts it. See that Practice Studio runs with the role scheduler."


def _silence(reading: Reading, rule: Rule) -> Said:
    window = Window(rule.values["start"], rule.values["until"], rule.values["days"])
    for door in reading.doors:
        if door.last_received is None:
            continue
        silent = _open_for(window, max(door.last_received, reading.at - timedelta(days=4)), reading)
        if silent >= timedelta(minutes=rule.values["minutes"]) and window.holds(reading.at.astimezone(reading.practice.zone)):
            since = reading.clock(door.last_received)
            yield door.door, f"Nothing was received through {door.door} since {since}. Test the connection, and see that the jobs run."


STEP = timedelta(minutes=5)


def _open_for(window: Window, since: datetime, reading: Reading) -> timedelta:
    """How much of the time since then lies in the window, to five minutes."""
    steps = int((reading.at - since) / STEP)
    return STEP * sum(window.holds((reading.at - STEP * step).astimezone(reading.practice.zone)) for step in range(steps))


def _certificate(reading: Reading, rule: Rule) -> Said:
    ends = reading.test.certificate_ends if reading.test else None
    if ends is not None and ends - reading.at < timedelta(days=rule.values["days"]):
        days = max(0, (ends - reading.at).days)
        yield "rest", f"The certificate of athenahealth's host ends in {days} days. Tell athenahealth, or whoever runs a proxy on the way."


def _reviews(reading: Reading, rule: Rule) -> Said:
    oldest = reading.backlog.oldest_review
    if oldest is not None and reading.at - oldest >= timedelta(days=rule.values["days"]):
        days = (reading.at - oldest).days
        questions = "A question waits" if reading.backlog.reviews == 1 else f"{reading.backlog.reviews:,} questions wait"
        yield "", f"{questions} for a decision, the oldest for {days} days. Decide them under Review."


def _audit_unsealed(reading: Reading, rule: Rule) -> Said:
    since = reading.unsealed_since
    if since is not None and reading.at - since >= timedelta(seconds=rule.values["seconds"]):
        yield "", f"Entries of the audit trail are not sealed since {reading.clock(since)}. See that Practice Studio runs with the role sealer."


def _emergency(reading: Reading, _: Rule) -> Said:
    for access, at in reading.emergencies:
        yield str(access), f"Emergency access was taken at {reading.clock(at)}. Look at its reason in the audit trail."


def _disk(reading: Reading, rule: Rule) -> Said:
    free = reading.disk_free
    if free is not None and free * 100 < rule.values["free"]:
        yield "", f"Only {free:.0%} of the disk is free. Make room, or lower the days that finished messages are kept."


LOOKS: Mapping[str, Callable[[Reading, Rule], Said]] = {
    "connection_down": _connection_down,
    "token_refused": _token_refused,
    "api_failed": _api_failed,
    "day_forecast": _day_forecast,
    "day_high": _day_used,
    "day_spent": _day_used,
    "errors": _errors,
    "queue": _queue,
    "jobs_late": _jobs_late,
    "silence": _silence,
    "certificate": _certificate,
    "reviews": _reviews,
    "audit_unsealed": _audit_unsealed,
    "emergency": _emergency,
    "disk": _disk,
}
