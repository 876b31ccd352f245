"""The three-way merge: what changed on which side since both last agreed, and whose value stands."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from practicestudio.merging.adoption import adopted_ids, with_adopted_ids
from practicestudio.merging.history import same
from practicestudio.merging.record_units import GROUPS, Units, stated
from practicestudio.merging.rules import MergeRules, Rule

Side = Literal["ours", "theirs"]


@dataclass(frozen=True, slots=True)
class Change:
    """One unit, before and after. None: not there."""

    unit: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class UnitConflict:
    """Both sides changed the unit, each to another value. winner: None when a person has to decide."""

    unit: str
    base: Any
    ours: Any
    theirs: Any
    rule: Rule
    winner: Side | None


@dataclass(frozen=True, slots=True)
class Merge:
    """What the merge decided.

    merged: our units from now on. take: what changes in our record. send: what athenahealth has to be told, old being its present value.
    conflicts: where both sides changed; those without a winner are also named in `asked`, and ours stands until somebody decides.
    base: the base of the next merge (see `merge`).
    """

    merged: Units
    base: Units
    take: tuple[Change, ...] = ()
    send: tuple[Change, ...] = ()
    conflicts: tuple[UnitConflict, ...] = ()

    @property
    def asked(self) -> tuple[str, ...]:
        """The units that wait for a person."""
        return tuple(conflict.unit for conflict in self.conflicts if conflict.winner is None)


def merge(
    base: Mapping[str, Any] | None,
    ours: Mapping[str, Any],
    theirs: Mapping[str, Any],
    rules: MergeRules,
    *,
    ours_changed: Mapping[str, datetime] | None = None,
    theirs_changed: datetime | None = None,
    known: Collection[str] | None = None,
) -> Merge:
    """Merges the units of athenahealth's record (theirs) into ours.

    base: what athenahealth was last known to hold and we have dealt with; None or without a unit: never agreed, which is treated as if
    both had agreed on nothing, so that a value on one side only stands and two different values are a conflict.
    ours_changed: when each unit of ours last changed; theirs_changed: when their record did. The rule `newest` asks where it lacks a time
    or both are equal.
    known: the units that theirs speaks about (`insurances.*` for a whole group); the others are left as they are. None: all that theirs
    holds, and both groups in full, so that an insurance which theirs lacks was removed there.

    The new base is theirs, unit by unit, with the old base kept where theirs is silent or where a person is asked. A unit that has to be
    sent therefore stays different from the base, and is found again, until `pushed` says that athenahealth has it.
    """
    if known is None and ours == theirs:
        return Merge(merged=dict(ours), base=dict(theirs))
    if known is None and not ours and not base:
        return _first_seen(theirs)
    names = adopted_ids(ours, theirs)
    unnumbered = {new: ours[old] for old, new in names.items()}
    ours = with_adopted_ids(ours, names, theirs)
    agreed = with_adopted_ids(base or {}, adopted_ids(base or {}, theirs), theirs)
    changed = {names.get(unit, unit): at for unit, at in (ours_changed or {}).items()}

    merged, new_base = dict(ours), dict(agreed)
    take: list[Change] = []
    send: list[Change] = []
    conflicts: list[UnitConflict] = []
    for unit in _spoken(ours, agreed, theirs, known):
        mine, other = ours.get(unit), theirs.get(unit)
        if mine != other and not same(unit, mine, other):
            verdict = _settle(unit, agreed.get(unit), mine, other, rules, changed.get(unit), theirs_changed)
            if isinstance(verdict, UnitConflict):
                conflicts.append(verdict)
            winner = verdict.winner if isinstance(verdict, UnitConflict) else verdict
            if winner is None:
                continue
            if winner == "ours":
                send.append(Change(unit, other, mine))
            else:
                take.append(Change(unit, unnumbered.pop(unit, mine), other))
                _put(merged, unit, other)
        _put(new_base, unit, other)
    take.extend(Change(unit, before, merged[unit]) for unit, before in unnumbered.items())
    return Merge(merged, new_base, tuple(take), tuple(send), tuple(conflicts))


def pushed(base: Mapping[str, Any] | None, sent: Iterable[Change]) -> Units:
    """The base after athenahealth has accepted what was sent."""
    after = dict(base or {})
    for change in sent:
        _put(after, change.unit, change.new)
    return after


def _first_seen(theirs: Mapping[str, Any]) -> Merge:
    take = tuple([Change(unit, None, value) for unit, value in stated(theirs).items()])
    return Merge(merged=dict(theirs), base=dict(theirs), take=take)


def _settle(
    unit: str, base: Any, ours: Any, theirs: Any, rules: MergeRules, ours_changed: datetime | None, theirs_changed: datetime | None
) -> Side | UnitConflict:
    if same(unit, theirs, base):
        return "ours"
    if same(unit, ours, base):
        return "theirs"
    rule = rules.rule_for(unit)
    return UnitConflict(unit, base, ours, theirs, rule, _winner(rule, ours_changed, theirs_changed))


def _winner(rule: Rule, ours_changed: datetime | None, theirs_changed: datetime | None) -> Side | None:
    if rule == "athenahealth":
        return "theirs"
    if rule == "practice_studio":
        return "ours"
    if rule == "ask" or ours_changed is None or theirs_changed is None or ours_changed == theirs_changed:
        return None
    return "ours" if ours_changed > theirs_changed else "theirs"


def _spoken(ours: Mapping[str, Any], base: Mapping[str, Any], theirs: Mapping[str, Any], known: Collection[str] | None) -> list[str]:
    """The units that theirs speaks about, ours first, so that a record keeps its order."""
    named = theirs if known is None else known
    groups = GROUPS if known is None else tuple(group for group in GROUPS if f"{group}*" in known)
    return [unit for unit in {**ours, **theirs, **base} if unit in named or unit.startswith(groups)]


def _put(of_units: Units, unit: str, value: Any) -> None:
    if value is None and unit.startswith(GROUPS):
        of_units.pop(unit, None)
    else:
        of_units[unit] = value
