"""An override is held to the maps before it is stored, each fault by its field."""

import pytest

from practicestudio.mapping import CodeOverride, CustomFieldOverride, DefaultValue, FieldOverride, Override, ValidationRule
from practicestudio.mapping.override_faults import faults_together, override_faults

FINE: list[Override] = [
    FieldOverride(map="patient", ours="preferred_name", athena="altfirstname"),
    FieldOverride(map="patient", ours="custom_fields.chart number", athena="chartnumber"),
    FieldOverride(map="appointment", ours="reason"),
    DefaultValue(map="patient", ours="address.state", value="MA", way="both"),
    CodeOverride(table="sex", athena="X", ours="other"),
    ValidationRule(map="patient", ours="email", required=True, pattern=r".+@example\.com"),
    CustomFieldOverride(external_id="22", name="file number"),
    CustomFieldOverride(external_id="22"),
]


@pytest.mark.parametrize("override", FINE)
def test_what_is_right_has_no_fault(override: Override) -> None:
    assert override_faults(override) == []
    assert faults_together(override, []) == []


@pytest.mark.parametrize(
    ("override", "fields"),
    [
        (FieldOverride(map="claim", ours="x", athena="y"), {"map"}),
        (FieldOverride(map="patient", ours="shoe_size", athena="shoe size"), {"ours", "athena"}),
        (FieldOverride(map="patient", ours="last_name"), {"athena"}),
        (FieldOverride(map="patient", ours="custom_fields._", athena="chart"), {"ours"}),
        (FieldOverride(map="appointment", ours="custom_fields.chart", athena="chart"), {"ours"}),
        (DefaultValue(map="patient", ours="email", value=""), {"value"}),
        (CodeOverride(table="weather", athena="R", ours="rain"), {"table"}),
        (CodeOverride(table="sex", athena="", ours="rain"), {"athena", "ours"}),
        (ValidationRule(map="patient", ours="email"), {"required"}),
        (ValidationRule(map="patient", ours="email", pattern="(", max_length=0), {"pattern", "max_length"}),
        (ValidationRule(map="patient", ours="email", pattern="a" * 201), {"pattern"}),
        (CustomFieldOverride(external_id="x", name="\n"), {"external_id", "name"}),
    ],
)
def test_every_fault_is_told_by_its_field(override: Override, fields: set[str]) -> None:
    assert {fault.field for fault in override_faults(override)} == fields


@pytest.mark.parametrize(
    ("override", "other", "field"),
    [
        (FINE[0], FINE[0], "override"),
        (FieldOverride(map="patient", ours="preferred_name", athena="x"), FINE[0], "ours"),
        (FieldOverride(map="patient", ours="middle_name", athena="altfirstname"), FINE[0], "athena"),
        (CodeOverride(table="sex", athena="x", ours="unknown"), FINE[4], "athena"),
        (DefaultValue(map="patient", ours="address.state", value="NY", way="in"), FINE[3], "way"),
        (CustomFieldOverride(external_id="22", name="other"), FINE[6], "external_id"),
        (CustomFieldOverride(external_id="23", name="file number"), FINE[6], "name"),
    ],
)
def test_two_that_contradict_each_other_do_not_stand_together(override: Override, other: Override, field: str) -> None:
    assert [fault.field for fault in faults_together(override, [other])] == [field]


def test_two_rules_for_one_field_may_stand_together() -> None:
    assert faults_together(ValidationRule(map="patient", ours="email", max_length=50), FINE) == []
