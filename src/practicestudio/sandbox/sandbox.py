"""The whole sandbox: its practices, clients, clock, limits and faults, and how it is put back to the beginning."""

from collections import Counter
from datetime import datetime

from practicestudio.sandbox.catalogue import catalogue_of
from practicestudio.sandbox.clock import SandboxClock
from practicestudio.sandbox.config import SandboxConfig
from practicestudio.sandbox.diary import Diary
from practicestudio.sandbox.faults import Faults
from practicestudio.sandbox.feeds import Feeds
from practicestudio.sandbox.limits import Meter
from practicestudio.sandbox.oauth import TokenOffice
from practicestudio.sandbox.people import People
from practicestudio.sandbox.population import Population
from practicestudio.sandbox.practice import Ledger, Practice
from practicestudio.sandbox.schedule import Schedule


class Sandbox:
    """A bundled athenahealth. All of its state is in memory."""

    def __init__(self, config: SandboxConfig) -> None:
        self.config = config
        self.clock = SandboxClock()
        self.tokens = TokenOffice(config)
        self.reset()

    def reset(self, at: datetime | None = None) -> None:
        """People, appointments, feeds, limits, faults, counts and ledger as at the start, the clock at a time or the real one. Tokens stay."""
        self.clock.set(at)
        self.meter = Meter(self.config.limits)
        self.faults = Faults(self.config.seed)
        self.ledger = Ledger(self.clock)
        self.calls: Counter[str] = Counter()
        self.string_types = self.config.string_types
        self.practices = {practice: self._open(practice, index) for index, practice in enumerate(self.config.practices)}

    def _open(self, practice: str, index: int) -> Practice:
        config = self.config
        catalogue = catalogue_of(practice, index)
        population = Population(config.seed, catalogue, config.patients)
        schedule = Schedule(config.seed, catalogue, population, self.clock.now())
        feeds = Feeds(config.activation_delay, config.processed_retention)
        return Practice(catalogue, People(population), Diary(schedule), feeds, self.ledger, self.clock)

    def may_use(self, client: str, practice: str) -> bool:
        granted = self.config.grants.get(client)
        return granted is None or practice in granted

    def practices_of(self, client: str) -> list[Practice]:
        return [one for one in self.practices.values() if self.may_use(client, one.id)]
