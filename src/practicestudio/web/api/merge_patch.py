"""Changing a record by a merge patch (RFC 7396)."""

from collections.abc import Mapping
from typing import Any

import msgspec

from practicestudio.records import Patient
from practicestudio.web.api.faults import Invalid


def merge_patched(patient: Patient, patch: Mapping[str, Any]) -> Patient:
    """The patient with the patch applied; what is taken away is as if it had never been given."""
    plain: dict[str, Any] = _patched(msgspec.to_builtins(patient), patch)
    try:
        return msgspec.convert(plain, Patient)
    except msgspec.ValidationError:
        raise Invalid("The values do not make a patient.") from None


def _patched(target: Any, patch: Any) -> Any:
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = _patched(merged.get(name), value)
    return merged
