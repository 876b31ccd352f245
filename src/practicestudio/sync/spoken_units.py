"""What an answer of athenahealth speaks about: what it leaves out because nobody asked, or because it could not be read, was not taken away."""

from collections.abc import Mapping
from typing import Any

from practicestudio.mapping import Mapped
from practicestudio.merging import units
from practicestudio.records import Patient

EVERY_CUSTOM_FIELD = "custom_fields.*"
CUSTOM_FIELD = "custom_fields."

ONLY_WHERE_TOLD = {"insurances": "insurances.*", "customfields": EVERY_CUSTOM_FIELD, "previouspatientids": "previous_external_ids"}
"""Lists that come only when asked for: athenahealth's field to the merge units it fills."""

OF_THE_PERSON = frozenset(units(Patient())) - set(ONLY_WHERE_TOLD.values())


def spoken_units(body: Mapping[str, Any], mapped: Mapped[Patient]) -> frozenset[str] | None:
    """The units for `merge(known=…)`; None is everything."""
    told = {of_field for name, of_field in ONLY_WHERE_TOLD.items() if name in body}
    if not mapped.unread:
        return None if len(told) == len(ONLY_WHERE_TOLD) else OF_THE_PERSON | told
    known = OF_THE_PERSON | told
    if EVERY_CUSTOM_FIELD in known and mapped.record is not None and any(unit.startswith(CUSTOM_FIELD) for unit in mapped.unread):
        known = known - {EVERY_CUSTOM_FIELD} | {CUSTOM_FIELD + name for name in mapped.record.custom_fields}
    return known - mapped.unread
