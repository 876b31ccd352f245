"""A practice's locations, providers and appointment types, found by athenahealth's id and by ours."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeVar
from uuid import UUID

from practicestudio.records import AppointmentType, Location, Provider


class _Known(Protocol):
    @property
    def id(self) -> UUID: ...
    @property
    def external_id(self) -> str: ...


K = TypeVar("K", bound=_Known)


def _by_our_id(known: Mapping[str, K]) -> dict[UUID, K]:
    return {one.id: one for one in known.values()}


@dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """Frozen look-ups by athenahealth's id; the `_by_id` ones by ours. Made anew when the practice's set-up changes."""

    locations: Mapping[str, Location] = field(default_factory=dict)
    providers: Mapping[str, Provider] = field(default_factory=dict)
    appointment_types: Mapping[str, AppointmentType] = field(default_factory=dict)
    locations_by_id: Mapping[UUID, Location] = field(init=False, repr=False, compare=False)
    providers_by_id: Mapping[UUID, Provider] = field(init=False, repr=False, compare=False)
    appointment_types_by_id: Mapping[UUID, AppointmentType] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "locations_by_id", _by_our_id(self.locations))
        object.__setattr__(self, "providers_by_id", _by_our_id(self.providers))
        object.__setattr__(self, "appointment_types_by_id", _by_our_id(self.appointment_types))

    @classmethod
    def of(
        cls,
        locations: Iterable[Location] = (),
        providers: Iterable[Provider] = (),
        appointment_types: Iterable[AppointmentType] = (),
    ) -> "References":
        """From the records themselves."""
        return cls(
            locations={one.external_id: one for one in locations},
            providers={one.external_id: one for one in providers},
            appointment_types={one.external_id: one for one in appointment_types},
        )
