"""A practice's mapping row by row: what it changed stands in place, and is marked."""

from practicestudio.mapping import APPOINTMENT, PATIENT, CodeOverride, DefaultValue, FieldOverride, Override, ValidationRule
from practicestudio.mapping.codes import RACE, SEX
from practicestudio.mapping.in_force import RowInForce, codes_in_force, rows_in_force


def row(overrides: list[Override], ours: str) -> RowInForce:
    return next(one for one in rows_in_force(PATIENT, overrides) if one.ours == ours)


def test_without_overrides_the_declared_rows_are_in_force() -> None:
    for fields in (PATIENT, APPOINTMENT):
        found = rows_in_force(fields, [])
        assert [one.row for one in found] == [one.declared for one in found]
        assert not any(one.changed for one in found)


def test_a_field_that_is_read_from_another_shows_both() -> None:
    found = row([FieldOverride(map="patient", ours="preferred_name", athena="altfirstname")], "preferred_name")
    assert found.row is not None
    assert found.declared is not None
    assert (found.row.athena, found.declared.athena) == ("altfirstname", "preferredname")
    assert found.changed
    robbed = row([FieldOverride(map="patient", ours="preferred_name", athena="altfirstname")], "alternate_first_name")
    assert (robbed.row, robbed.changed) == (None, True)


def test_a_field_that_is_left_out_is_left_out_with_all_its_rows() -> None:
    left_out = FieldOverride(map="patient", ours="address.country")
    rows = [one for one in rows_in_force(PATIENT, [left_out]) if one.ours == "address.country"]
    assert len(rows) > 1
    assert all(one.row is None and one.overrides == (left_out,) for one in rows)


def test_a_field_of_the_practices_own_stands_at_the_end() -> None:
    own = FieldOverride(map="patient", ours="custom_fields.chart", athena="chartnumber")
    last = rows_in_force(PATIENT, [own])[-1]
    assert (last.ours, last.declared, last.overrides) == ("custom_fields.chart", None, (own,))


def test_defaults_and_rules_stand_with_their_row() -> None:
    overrides: list[Override] = [
        DefaultValue(map="patient", ours="email", value="none@example.org"),
        ValidationRule(map="patient", ours="email", required=True),
        ValidationRule(map="appointment", ours="reason", required=True),
    ]
    assert row(overrides, "email").overrides == tuple(overrides[:2])
    assert not row(overrides, "notes").changed


def test_codes_keep_their_place_and_new_ones_stand_at_the_end() -> None:
    overrides = [CodeOverride(table="sex", athena="u", ours="other", name="Undisclosed"), CodeOverride(table="sex", athena="N", ours="other")]
    found = codes_in_force(SEX, overrides)
    assert [(one.code.athena, one.code.ours, one.override is not None) for one in found] == [
        ("M", "male", False),
        ("F", "female", False),
        ("O", "other", False),
        ("u", "other", True),
        ("N", "other", True),
    ]
    assert found[3].declared is not None
    assert (found[3].declared.ours, found[4].declared) == ("unknown", None)
    assert not any(one.override for one in codes_in_force(RACE, overrides))
