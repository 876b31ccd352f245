"""What pages and API work with: made once, where everything is wired together."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import HTTPConnection

from practicestudio.access.rules import Rules
from practicestudio.clock import Clock, now
from practicestudio.settings import Settings
from practicestudio.sync.doors import Doors

if TYPE_CHECKING:
    from practicestudio.store.database import Database


@dataclass(frozen=True, slots=True)
class Services:
    """The settings, the database, the doors to athenahealth, what holds for everybody's sign-in."""

    settings: Settings
    database: "Database"
    doors: Doors
    rules: Rules
    clock: Clock = now


def services_of(connection: HTTPConnection) -> Services:
    """The services of the application that answers."""
    found: Services = connection.app.state.services
    return found
