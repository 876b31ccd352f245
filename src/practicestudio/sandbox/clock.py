"""The sandbox's own time, which runs with the real one until it is set."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

EASTERN = ZoneInfo("US/Eastern")


class SandboxClock:
    """Real time plus a shift. Setting it moves the shift, so that it keeps running."""

    def __init__(self) -> None:
        self._shift = timedelta()

    def now(self) -> datetime:
        """The sandbox's present, aware, in UTC."""
        return datetime.now(UTC) + self._shift

    def set(self, at: datetime | None) -> None:
        """Jump to a time; None goes back to the real one."""
        self._shift = timedelta() if at is None else at.astimezone(UTC) - datetime.now(UTC)

    def advance(self, seconds: float) -> None:
        self._shift += timedelta(seconds=seconds)


def stamp(at: datetime) -> str:
    """MM/DD/YYYY HH24:MI:SS in Eastern time, as athenahealth writes moments."""
    return at.astimezone(EASTERN).strftime("%m/%d/%Y %H:%M:%S")
