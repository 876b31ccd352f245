"""How people belong together: ids come in blocks of twelve, a block is cut into households, and each place in one has a role."""

from dataclasses import dataclass
from typing import Literal

Role = Literal["single", "head", "spouse", "child", "twin", "junior", "moved_out", "double_name"]

BLOCK = 12

_SINGLE: tuple[Role, ...] = ("single",)
_COUPLE: tuple[Role, ...] = ("head", "spouse")
_PARENT: tuple[Role, ...] = ("head", "child")
_THREE: tuple[Role, ...] = ("head", "spouse", "child")
_FOUR: tuple[Role, ...] = ("head", "spouse", "child", "child")
_TWINS: tuple[Role, ...] = ("head", "spouse", "twin", "twin")
_CHILD_AND_TWINS: tuple[Role, ...] = ("head", "spouse", "child", "twin", "twin")
_SENIOR_AND_JUNIOR: tuple[Role, ...] = ("head", "spouse", "junior")
_ONE_MOVED_OUT: tuple[Role, ...] = ("head", "spouse", "moved_out")
_TWO_NAMES: tuple[Role, ...] = ("head", "spouse", "double_name")

_CUTS: tuple[tuple[tuple[Role, ...], ...], ...] = (
    (_SINGLE, _COUPLE, _THREE, _SENIOR_AND_JUNIOR, _SINGLE, _COUPLE),
    (_TWINS, _SINGLE, _SINGLE, _COUPLE, _PARENT, _COUPLE),
    (_FOUR, _ONE_MOVED_OUT, _SINGLE, _SINGLE, _SINGLE, _COUPLE),
    (_CHILD_AND_TWINS, _SENIOR_AND_JUNIOR, _COUPLE, _SINGLE, _SINGLE),
    (_TWO_NAMES, _FOUR, _SINGLE, _SINGLE, _SINGLE, _PARENT),
    (_SINGLE, _COUPLE, _SINGLE, _COUPLE, _SINGLE, _SINGLE, _COUPLE, _SINGLE, _SINGLE),
)


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a block.

    size: how many live in the household; family: their roles, the head's first; rank: which of them this is.
    """

    role: Role
    size: int
    rank: int
    family: tuple[Role, ...]


def _cut(households: tuple[tuple[Role, ...], ...]) -> tuple[Place, ...]:
    places = [Place(role, len(family), rank, family) for family in households for rank, role in enumerate(family)]
    if len(places) != BLOCK:
        raise ValueError(f"a block is {BLOCK} people, not {len(places)}")
    return tuple(places)


PATTERNS: tuple[tuple[Place, ...], ...] = tuple(_cut(households) for households in _CUTS)
