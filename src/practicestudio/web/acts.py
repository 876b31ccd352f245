"""Where something that is wrong is seen to: by rule, the page below the practice's address and what its link says."""

from collections.abc import Mapping
from dataclasses import dataclass

from practicestudio.access.rights import Right
from practicestudio.monitor.health import Health
from practicestudio.monitor.reading import Reading
from practicestudio.web.menu import INTEGRATIONS

LOGS = f"{INTEGRATIONS}/logs/athenahealth"
ERRORS = f"{INTEGRATIONS}/errors"
CONNECTIVITY = f"{INTEGRATIONS}/connectivity"
SET_UP = f"{INTEGRATIONS}/athenahealth"


@dataclass(frozen=True, slots=True)
class Act:
    """A link. right: without which it leads nowhere."""

    words: str
    path: str
    right: Right


TEST = Act("Test the connection", CONNECTIVITY, Right.CONNECTION_TEST)
SYNC = Act("See the jobs", "/sync", Right.OVERVIEW_VIEW)
LIMITS = Act("See the use of limits", "/sync#limits", Right.OVERVIEW_VIEW)
ERROR_QUEUE = Act("Open Error Management", ERRORS, Right.MESSAGES_VIEW)
REVIEW = Act("Open Review", "/review", Right.REVIEWS_DECIDE)
TRAIL = Act("Open the audit trail", "/settings/audit", Right.AUDIT_VIEW)
CONNECT = Act("Set up the connection", SET_UP, Right.SETTINGS_VIEW)

BY_RULE: Mapping[str, Act] = {
    "connection_down": TEST,
    "token_refused": CONNECT,
    "api_failed": TEST,
    "certificate": TEST,
    "day_forecast": LIMITS,
    "day_high": LIMITS,
    "day_spent": LIMITS,
    "errors": ERROR_QUEUE,
    "queue": SYNC,
    "jobs_late": SYNC,
    "silence": SYNC,
    "reviews": REVIEW,
    "audit_unsealed": TRAIL,
    "emergency": TRAIL,
}


def act_of(health: Health, reading: Reading) -> Act | None:
    """What is to be done first, from the reason of a connection's state. Pure."""
    if health.state == "not set up":
        return CONNECT
    if health.state == "well":
        return None
    if telling := [one for one in health.findings if one.severity != "notice"]:
        return BY_RULE.get(telling[0].rule)
    return ERROR_QUEUE if reading.backlog.failed or not reading.backlog.parked else REVIEW
