"""A practice as it may be read, for decisions that need no database."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from practicestudio.monitor.reading import Reading
from practicestudio.monitor.traffic import DoorTraffic
from practicestudio.practices.alert_rules import Rules, rules_of
from practicestudio.practices.connection import Connection
from practicestudio.practices.practice import Practice

NOON = datetime(2026, 3, 2, 17, tzinfo=UTC)  # a Monday; in New York it is noon
HARBORVIEW = Practice(UUID(int=5), "Harborview", "America/New_York", "195900", NOON)

Make = Callable[..., Reading]


@pytest.fixture
def reading() -> Make:
    """Makes a reading of a practice that is well, but for what is given."""

    def make(**given: Any) -> Reading:
        doors = (DoorTraffic("rest", NOON - timedelta(minutes=3), NOON - timedelta(minutes=10)),)
        return Reading(**{"at": NOON, "practice": HARBORVIEW, "connection": Connection(), "doors": doors, **given})

    return make


@pytest.fixture
def rules() -> Rules:
    """The rules as they are by default."""
    return rules_of({})
