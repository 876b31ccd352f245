"""Insurances that athenahealth has numbered meanwhile: the same policy must not appear twice, once with its id and once without."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from practicestudio.merging.record_units import INSURANCE, Units
from practicestudio.records import Insurance


def adopted_ids(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, str]:
    """Which insurance units of ours without an id are which numbered units of theirs: ours' unit name to theirs'.

    Two are the same policy when their member ids agree, or when one lacks the member id and both have the same sequence.
    """
    unmet = sorted(name for name in theirs.keys() - ours.keys() if name.startswith(INSURANCE))
    free = {name: theirs[name] for name in unmet if theirs[name].external_id}
    found: dict[str, str] = {}
    for name, value in ours.items():
        if not free:
            break
        if name.startswith(INSURANCE) and value.external_id is None and (twin := _same_policy(value, free.items())):
            found[name] = twin
            del free[twin]
    return found


def with_adopted_ids(of_units: Mapping[str, Any], names: Mapping[str, str], theirs: Mapping[str, Any]) -> Units:
    """The units with every insurance that theirs has numbered under its new name, carrying its id. names: see `adopted_ids`."""
    if not names:
        return dict(of_units)
    return {
        names.get(name, name): replace(value, external_id=theirs[names[name]].external_id) if name in names else value
        for name, value in of_units.items()
    }


def _same_policy(insurance: Insurance, candidates: Iterable[tuple[str, Insurance]]) -> str | None:
    by_sequence = None
    for name, candidate in candidates:
        if insurance.member_id and candidate.member_id:
            if insurance.member_id.casefold() == candidate.member_id.casefold():
                return name
        elif insurance.sequence is not None and insurance.sequence == candidate.sequence:
            by_sequence = by_sequence or name
    return by_sequence
