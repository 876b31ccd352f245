"""A stored value that two people changed, or a change that is taken back after others came: part by part, so that only the same part clashes."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

_NOTHING: Any = object()
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MergedValue:
    """value: what is to be in force. clashes: the parts, as paths with dots, that somebody else changed too, to something else."""

    value: Any
    clashes: tuple[str, ...]


def merge_values(seen: Any, wanted: Any, current: Any) -> MergedValue:
    """Take from `wanted` what differs from `seen`, and the rest from `current`. JSON values; None is no value.

    The parts are the members of objects, at any depth; a list of objects is merged by its items; any other list is one part. To take a change
    back, `seen` is what it led to and `wanted` what was before.
    """
    clashes: list[str] = []
    seen, wanted, current = (_NOTHING if value is None else value for value in (seen, wanted, current))
    merged = _merge((), seen, wanted, current, clashes)
    return MergedValue(None if merged is _NOTHING else merged, tuple(clashes))


def _merge(path: Path, seen: Any, wanted: Any, current: Any, clashes: list[str]) -> Any:
    if wanted == seen or current == wanted:
        return current
    if current == seen:
        return wanted
    if all(isinstance(value, dict) or value is _NOTHING for value in (seen, wanted, current)):
        return _merge_objects(path, seen, wanted, current, clashes)
    if all(_is_rows(value) for value in (seen, wanted, current)):
        return _merge_rows(path, seen, wanted, current, clashes)
    clashes.append(".".join(path))
    return wanted


def _merge_objects(path: Path, seen: Any, wanted: Any, current: Any, clashes: list[str]) -> Any:
    before, after, now = ({} if value is _NOTHING else value for value in (seen, wanted, current))
    merged = {}
    for name in {**now, **after, **before}:
        merged[name] = _merge((*path, name), before.get(name, _NOTHING), after.get(name, _NOTHING), now.get(name, _NOTHING), clashes)
    kept = {name: value for name, value in merged.items() if value is not _NOTHING}
    return kept or (_NOTHING if wanted is _NOTHING else {})


def _is_rows(value: Any) -> bool:
    return value is _NOTHING or (isinstance(value, list) and all(isinstance(item, dict) for item in value))


def _merge_rows(path: Path, seen: Any, wanted: Any, current: Any, clashes: list[str]) -> list[Any]:
    """What was added to the list is added, what was taken out is taken out, each in the order of `wanted`.

    An item that both took out may have been replaced by both, so where both also added something it is a clash.
    """
    before, after, now = ([] if value is _NOTHING else value for value in (seen, wanted, current))
    theirs = _without(now, before)
    if _without(_without(before, after), now) and theirs and _without(after, before):
        clashes.append(".".join(path))
    kept = [item for item in after if item in now or item not in before]
    return [*kept, *_without(theirs, kept)]


def _without(items: Iterable[Any], others: Iterable[Any]) -> list[Any]:
    known = list(others)
    return [item for item in items if item not in known]
