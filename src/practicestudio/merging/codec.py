"""Records and merge units as JSON bytes and back, for whoever stores a base."""

from collections.abc import Callable, Mapping
from typing import Any, get_type_hints

import msgspec

from practicestudio.errors import Unreadable
from practicestudio.merging.record_units import CUSTOM_FIELD, INSURANCE, Record, RecordT, Units
from practicestudio.records import Appointment, Insurance, Patient


def _decoder(of_type: Any) -> Callable[[Any], Any]:
    return msgspec.json.Decoder(of_type).decode


_to_json = msgspec.json.Encoder().encode
_from_json = {cls: _decoder(cls) for cls in (Patient, Appointment)}
_raw_units: Callable[[bytes], dict[str, msgspec.Raw]] = _decoder(dict[str, msgspec.Raw])
_fixed_units = {cls: {name: _decoder(hint) for name, hint in get_type_hints(cls).items()} for cls in (Patient, Appointment)}
_insurance = _decoder(Insurance)
_custom_field = _decoder(str)


def encode(record: Record) -> bytes:
    """The record as JSON; dates and times in ISO 8601, ids as text."""
    return _to_json(record)


def decode(cls: type[RecordT], data: bytes) -> RecordT:
    """The record that was encoded. Raises Unreadable when the bytes are no such record."""
    try:
        record: RecordT = _from_json[cls](data)
    except msgspec.DecodeError as error:
        raise _unreadable(cls, error) from None
    return record


def encode_units(of_units: Mapping[str, Any]) -> bytes:
    """The units as one JSON object; unlike a record, it may lack units, as a base does that was never agreed on them."""
    return _to_json(of_units)


def decode_units(cls: type[Record], data: bytes) -> Units:
    """The units of a record of this class that were encoded. Raises Unreadable when the bytes are no such units."""
    try:
        return {unit: _unit_decoder(cls, unit)(raw) for unit, raw in _raw_units(data).items()}
    except (msgspec.DecodeError, KeyError) as error:
        raise _unreadable(cls, error) from None


def units_from_json(cls: type[Record], values: Mapping[str, Any]) -> Units:
    """Units of a record of this class that were kept as JSON values, as a question or the trail keeps them; null is no value.

    Raises Unreadable when they are no such units.
    """
    return decode_units(cls, _to_json({unit: value for unit, value in values.items() if value is not None}))


def _unit_decoder(cls: type[Record], unit: str) -> Callable[[Any], Any]:
    if unit.startswith(INSURANCE):
        return _insurance
    return _custom_field if unit.startswith(CUSTOM_FIELD) else _fixed_units[cls][unit]


def _unreadable(cls: type[Record], error: Exception) -> Unreadable:
    place = str(error).rpartition(" - at ")[2] if " - at " in str(error) else ""
    return Unreadable(
        f"A stored {cls.__name__.lower()} cannot be read{f' at {place}' if place else ''}.",
        advice="It was stored by another version; fetch the record again in full.",
    )
