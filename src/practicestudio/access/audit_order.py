"""In which order the audit trail is listed, and which groups of entries a page of it needs. Pure.

Only time has an index of its own. All else that the trail is sorted by has few values, whose counts are known: so it is known beforehand which of
them fill a page, and the newest entries of these are all that is read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal
from uuid import UUID

from practicestudio.access.audit_actions import WORDS
from practicestudio.access.audit_counts import Group

Column = Literal["at", "actor", "action", "record", "via"]
COLUMNS: tuple[Column, ...] = ("at", "actor", "action", "record", "via")

_WORDS = {action.value: words for action, words in WORDS.items()}


@dataclass(frozen=True, slots=True)
class Order:
    """By which column, and which way; entries with the same value stand newest first. names: how actors are called, by which they are sorted."""

    by: Column = "at"
    descending: bool = True
    names: Mapping[str, str] | None = None

    def key(self, group: Group) -> Any:
        """What a group is sorted by: the words that are shown."""
        if self.by == "actor":
            return ((self.names or {}).get(group.actor, group.actor).casefold(), group.actor)
        if self.by == "action":
            return (words_of(group.action), group.action)
        return group.record_kind if self.by == "record" else group.via


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: the entry, and its group, of which the order makes what it needs."""

    id: UUID
    group: Group


def words_of(action: str) -> str:
    """What people call an action; one that this version does not know stays as it is."""
    return _WORDS.get(action, action)


def choose_groups(counts: Mapping[Group, int], order: Order, limit: int, after: Place | None) -> list[tuple[int, Group]]:
    """The groups from which a page of `limit` entries comes, each with its rank: the place of its value in the order. For any order but `at`."""
    chosen: list[tuple[int, Group]] = []
    found = 0
    for rank, (key, groups) in enumerate(groupby(sorted(counts, key=order.key, reverse=order.descending), order.key)):
        begun = after is not None and key == order.key(after.group)
        if after is not None and not begun and _is_before(key, order.key(after.group), order):
            continue
        if found >= limit:
            break
        same = list(groups)
        chosen += [(rank, group) for group in same]
        found += 0 if begun else sum(counts[group] for group in same)  # of the value at which the page before ended, nobody knows how many are left
    return chosen


def _is_before(key: Any, other: Any, order: Order) -> bool:
    return bool(key > other if order.descending else key < other)


def in_order(entries: Sequence[tuple[Group, UUID]], order: Order) -> list[int]:
    """The places of entries in the order wanted, newest first where the value is the same."""
    by_time = sorted(range(len(entries)), key=lambda at: entries[at][1], reverse=order.by != "at" or order.descending)
    return by_time if order.by == "at" else sorted(by_time, key=lambda at: order.key(entries[at][0]), reverse=order.descending)
