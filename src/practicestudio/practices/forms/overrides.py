"""A change of the mapping as it is entered: one form for each kind of override."""

from practicestudio.mapping import CodeOverride, CustomFieldOverride, DefaultValue, FieldOverride, Override, ValidationRule
from practicestudio.mapping.override_faults import override_faults
from practicestudio.practices.entries import Entries
from practicestudio.practices.fields import Field

WAYS = (("in", "When received"), ("out", "When sent"), ("both", "When received and when sent"))
SEVERITIES = (("error", "Refuse the record"), ("warning", "Take it, with a warning"))
OWN_KINDS = (("", "As athenahealth says"), ("text", "Text"), ("date", "Date"), ("select", "One of its options"))

FORMS: dict[str, tuple[str, tuple[Field, ...]]] = {
    "field": ("Read from another field", (Field("athena", "athenahealth's field", "As it stands in the received JSON, such as `preferredname`."),)),
    "leave_out": ("Leave out", ()),
    "default": (
        "Default value",
        (
            Field("value", "Value", "In athenahealth's words, as it would be received, such as `MA` or `F`."),
            Field("way", "Used", "Where the record has no value of its own.", "choice", WAYS),
        ),
    ),
    "rule": (
        "Rule",
        (
            Field("required", "A value is required", kind="flag"),
            Field("pattern", "Form", "A regular expression that the whole value matches, such as [0-9]{5}."),
            Field("allowed", "Allowed values", "One a line. Leave it empty to allow any.", "lines"),
            Field("max_length", "Longest", "Characters at most.", "number"),
            Field("severity", "Otherwise", "What becomes of a record that breaks the rule.", "choice", SEVERITIES),
            Field("way", "Holds", "", "choice", WAYS),
        ),
    ),
    "code": (
        "Code",
        (
            Field("athena", "athenahealth's code", "As athenahealth writes it; capitals do not matter."),
            Field("ours", "Practice Studio", "The value that the record keeps."),
            Field("name", "Name", "What people read; the known one if you leave it empty."),
        ),
    ),
    "custom_field": (
        "Custom field",
        (
            Field("name", "Name in Practice Studio", "Leave it empty to leave the field out."),
            Field("kind", "Kind", "Where athenahealth's own is wrong.", "choice", OWN_KINDS),
        ),
    ),
}
"""Each kind of change: what it is called, and its fields."""


def read(entries: Entries) -> Override:
    """The override that was entered: `change` names its kind, `map` and `ours`, `table` or `external_id` what it is about. Notes every fault."""
    override = _READ[entries.choice("change", list(_READ))](entries)
    for fault in override_faults(override):
        entries.fault(fault.field, fault.sentence)
    return override


def _field(entries: Entries) -> Override:
    athena = entries.needed("athena", "Enter the name of athenahealth's field, or leave the field out.")
    return FieldOverride(map=entries.text("map"), ours=entries.text("ours"), athena=athena)


def _leave_out(entries: Entries) -> Override:
    return FieldOverride(map=entries.text("map"), ours=entries.text("ours"))


def _default(entries: Entries) -> Override:
    way = entries.choice("way", [value for value, _ in WAYS])
    return DefaultValue(map=entries.text("map"), ours=entries.text("ours"), value=entries.text("value"), way=way)


def _rule(entries: Entries) -> Override:
    return ValidationRule(
        map=entries.text("map"),
        ours=entries.text("ours"),
        required=entries.ticked("required"),
        pattern=entries.text("pattern") or None,
        allowed=tuple(dict.fromkeys(line.strip() for line in entries.text("allowed").splitlines() if line.strip())),
        max_length=entries.whole("max_length"),
        severity=entries.choice("severity", [value for value, _ in SEVERITIES]),
        way=entries.choice("way", [value for value, _ in WAYS]),
    )


def _code(entries: Entries) -> Override:
    return CodeOverride(table=entries.text("table"), athena=entries.text("athena"), ours=entries.text("ours"), name=entries.text("name"))


def _custom_field(entries: Entries) -> Override:
    kind = entries.choice("kind", [value for value, _ in OWN_KINDS]) or None
    return CustomFieldOverride(external_id=entries.text("external_id"), name=entries.text("name") or None, kind=kind)


_READ = {
    "field": _field,
    "leave_out": _leave_out,
    "default": _default,
    "rule": _rule,
    "code": _code,
    "custom_field": _custom_field,
}
