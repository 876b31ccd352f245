"""Whether and when a failed try is repeated: a pure decision, so that it can be tested, logged and shown."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from practicestudio.errors import IntegrationError, RateLimited, Transient


@dataclass(frozen=True, slots=True)
class RetryRule:
    """Exponential backoff with full jitter. Times in seconds; tries counts the first one too."""

    first: float = 2.0
    factor: float = 2.0
    most: float = 900.0
    tries: int = 12


@dataclass(frozen=True, slots=True)
class RetryDecision:
    """at: when to try again; None gives up, to the error queue."""

    at: datetime | None
    because: str


def decide_retry(error: IntegrationError, tries: int, now: datetime, rule: RetryRule, chance: float) -> RetryDecision:
    """What to do after try number `tries` failed with this error.

    chance: a random number in [0, 1), passed in. Full jitter (Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015) spreads
    the tries of many clients over the whole pause. A Retry-After of the other side is a lower bound and does not use up a try's patience:
    waiting for a limit is not failing.
    """
    if not isinstance(error, Transient):
        return RetryDecision(None, "The same again would fail again.")
    if isinstance(error, RateLimited) and error.retry_after is not None:
        pause = error.retry_after + chance * min(error.retry_after, rule.first)
        return RetryDecision(now + timedelta(seconds=pause), "The limit is free again then.")
    if tries >= rule.tries:
        return RetryDecision(None, f"It was tried {tries} times.")
    pause = chance * min(rule.most, rule.first * rule.factor ** (tries - 1))
    return RetryDecision(now + timedelta(seconds=pause), f"Try {tries} of {rule.tries} failed.")
