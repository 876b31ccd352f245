"""What is wrong, as people see it: what is found now, together with the alerts that are kept of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from practicestudio.monitor.alerts import Alert
from practicestudio.monitor.findings import Finding, worst_first
from practicestudio.practices.alert_rules import BY_NAME, Severity


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that is wrong. alert_id, since: None until the monitor has noted it. settling: it is not found any more, and will be over in a few
    minutes."""

    rule: str
    title: str
    severity: Severity
    sentence: str
    down: bool = False
    alert_id: UUID | None = None
    since: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    settling: bool = False


def notices(found: Sequence[Finding], alerts: Sequence[Alert]) -> list[Notice]:
    """What is found now, the worst first, and then what is settling. Pure."""
    known = {(alert.rule, alert.about): alert for alert in alerts}
    now = [_notice(finding, known.pop((finding.rule, finding.about), None)) for finding in worst_first(found)]
    return now + [_settling(alert) for alert in known.values()]


def _notice(finding: Finding, alert: Alert | None) -> Notice:
    title = BY_NAME[finding.rule].title
    if alert is None:
        return Notice(finding.rule, title, finding.severity, finding.sentence, finding.down)
    seen = (alert.acknowledged_at, alert.acknowledged_by)
    return Notice(finding.rule, title, finding.severity, finding.sentence, finding.down, alert.id, alert.opened_at, *seen)


def _settling(alert: Alert) -> Notice:
    seen = (alert.acknowledged_at, alert.acknowledged_by)
    return Notice(alert.rule, alert.title, alert.severity, alert.sentence, False, alert.id, alert.opened_at, *seen, settling=True)
