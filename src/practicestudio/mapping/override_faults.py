"""What is wrong with an override before it is stored, each fault by its field."""

import re
from collections.abc import Iterable
from functools import singledispatch

from practicestudio.errors import FieldFault
from practicestudio.mapping.appointment_rows import APPOINTMENT
from practicestudio.mapping.codes import ALL_CODE_TABLES
from practicestudio.mapping.insurance_rows import INSURANCE
from practicestudio.mapping.overrides import (
    CUSTOM,
    CodeOverride,
    CustomFieldOverride,
    DefaultValue,
    FieldOverride,
    Override,
    ValidationRule,
    of_kind,
)
from practicestudio.mapping.patient_rows import PATIENT

MAPS = {fields.name: fields for fields in (PATIENT, INSURANCE, APPOINTMENT)}
LONGEST_PATTERN = 200
_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,59}")
_OWN_FIELD = re.compile(r"[^\W_][\w .,/()'-]{0,79}")

NOT_A_NAME = "This is no name of a field of athenahealth. Enter it as it stands in the received JSON, such as `notes`."
NO_SUCH_FIELD = "There is no such field in Practice Studio. Choose one of the list, or `custom_fields.` and a name of your own."
NEEDED = "A record cannot be taken without this, so it cannot be left out."
NOT_AN_OWN_NAME = "A name of your own begins with a letter or digit and has at most 80 characters."


@singledispatch
def override_faults(override: Override) -> list[FieldFault]:
    """Everything that is wrong with the override by itself."""
    raise TypeError(override)


@override_faults.register
def _(override: FieldOverride) -> list[FieldFault]:
    found = _faults_of_place(override.map, override.ours)
    if override.athena is not None and not _FIELD.fullmatch(override.athena):
        found.append(FieldFault("athena", NOT_A_NAME))
    needed = override.map in MAPS and any(row.ours == override.ours and row.required for row in MAPS[override.map].rows)
    if override.athena is None and needed:
        found.append(FieldFault("athena", NEEDED))
    return found


@override_faults.register
def _(override: DefaultValue) -> list[FieldFault]:
    found = _faults_of_place(override.map, override.ours)
    return found if override.value else [*found, FieldFault("value", "Enter the value as athenahealth would write it.")]


@override_faults.register
def _(override: CodeOverride) -> list[FieldFault]:
    table = next((table for table in ALL_CODE_TABLES if table.name == override.table), None)
    if table is None:
        return [FieldFault("table", "There is no such code table.")]
    found = []
    if not 0 < len(override.athena) <= 100:
        found.append(FieldFault("athena", "Enter the code as athenahealth writes it."))
    if table.closed and override.ours not in {row.ours for row in table.rows}:
        found.append(FieldFault("ours", f"The record has no such value. It is one of {', '.join(dict.fromkeys(row.ours for row in table.rows))}."))
    elif not 0 < len(override.ours) <= 100:
        found.append(FieldFault("ours", "Enter the code as Practice Studio is to keep it."))
    return found


@override_faults.register
def _(override: ValidationRule) -> list[FieldFault]:
    found = _faults_of_place(override.map, override.ours)
    if override.pattern is not None and not _is_pattern(override.pattern):
        found.append(FieldFault("pattern", f"This is not a regular expression of at most {LONGEST_PATTERN} characters. [A-Z]{{2}} is two capitals."))
    if override.max_length is not None and override.max_length < 1:
        found.append(FieldFault("max_length", "Enter a number of characters above 0."))
    if not (override.required or override.pattern or override.allowed or override.max_length is not None):
        found.append(FieldFault("required", "The rule asks for nothing. Require a value, a form, a list of values or a longest length."))
    return found


@override_faults.register
def _(override: CustomFieldOverride) -> list[FieldFault]:
    found = []
    if not (override.external_id.isascii() and override.external_id.isdecimal()):
        found.append(FieldFault("external_id", "athenahealth's id of a custom field is a number."))
    if override.name is not None and not _OWN_FIELD.fullmatch(override.name):
        found.append(FieldFault("name", NOT_AN_OWN_NAME))
    return found


def _faults_of_place(name: str, ours: str) -> list[FieldFault]:
    fields = MAPS.get(name)
    if fields is None:
        return [FieldFault("map", f"There is no such map. It is one of {', '.join(MAPS)}.")]
    if name == PATIENT.name and ours.startswith(CUSTOM):
        return [] if _OWN_FIELD.fullmatch(ours.removeprefix(CUSTOM)) else [FieldFault("ours", NOT_AN_OWN_NAME)]
    known = any(row.ours == ours and row.direction != "not kept" for row in fields.rows)
    return [] if known else [FieldFault("ours", NO_SUCH_FIELD)]


def _is_pattern(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return len(pattern) <= LONGEST_PATTERN


def faults_together(override: Override, others: Iterable[Override]) -> list[FieldFault]:
    """What is wrong with an override beside the practice's others: one that says the contrary of another, or the same twice."""
    others = tuple(others)
    if override in others:
        return [FieldFault("override", "This is in force already.")]
    match override:
        case FieldOverride(map=name, ours=ours, athena=athena):
            for one in of_kind(others, FieldOverride):
                if one.map == name and one.ours == ours:
                    return [FieldFault("ours", "The practice reads this field otherwise already. Change that instead.")]
                if one.map == name and athena is not None and one.athena == athena:
                    return [FieldFault("athena", f"This field is read as {one.ours} already. One field of athenahealth is one of ours.")]
        case CodeOverride(table=table, athena=code):
            if any(one.table == table and one.athena.lower() == code.lower() for one in of_kind(others, CodeOverride)):
                return [FieldFault("athena", "The practice reads this code otherwise already. Change that instead.")]
        case DefaultValue(map=name, ours=ours, way=way):
            same = [one for one in of_kind(others, DefaultValue) if one.map == name and one.ours == ours]
            if any("both" in (one.way, way) or one.way == way for one in same):
                return [FieldFault("way", "There is a default for this field in this direction already. Change that instead.")]
        case CustomFieldOverride(external_id=external_id, name=own_name):
            same_kind = of_kind(others, CustomFieldOverride)
            if any(one.external_id == external_id for one in same_kind):
                return [FieldFault("external_id", "The practice names this custom field otherwise already. Change that instead.")]
            if own_name is not None and any(one.name == own_name for one in same_kind):
                return [FieldFault("name", "Another custom field has this name here already. Choose another.")]
    return []
