"""A practice's mapping row by row, as it is in force: the declared rows with the practice's overrides in place, each change marked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from practicestudio.mapping.overrides import (
    BY_PRACTICE,
    CodeOverride,
    DefaultValue,
    FieldOverride,
    Override,
    ValidationRule,
    of_kind,
    overridden_rows,
    overridden_tables,
)
from practicestudio.mapping.printed import PrintedCode, PrintedRow, printed_code, printed_row
from practicestudio.mapping.rows import CodeRow, CodeTable, FieldMap, Row

OVERRIDABLE = ("patient", "insurance", "appointment")
"""The maps of which a practice changes rows."""


@dataclass(frozen=True, slots=True)
class RowInForce:
    """One row of a map. row: in force, in words; None where the practice leaves it out. declared: as it would be without the practice, None
    where the practice added it. table: of its codes, if it has one. overrides: those that are about this row."""

    ours: str
    row: PrintedRow | None
    declared: PrintedRow | None
    table: str | None
    overrides: tuple[Override, ...]

    @property
    def changed(self) -> bool:
        """The practice changed it."""
        return bool(self.overrides) or self.row != self.declared


@dataclass(frozen=True, slots=True)
class CodeInForce:
    """One code of a table. declared: as it would be without the practice, None where the practice added it."""

    code: PrintedCode
    declared: PrintedCode | None
    override: CodeOverride | None


def rows_in_force(fields: FieldMap, overrides: Iterable[Override]) -> list[RowInForce]:
    """The rows of a map that are kept, or would be, in their order; those that the practice added at the end."""
    overrides = tuple(overrides)
    now = overridden_rows(fields, overrides)
    found = []
    taken: set[int] = set()
    for declared in fields.rows:
        if declared.direction != "not kept":
            row = _in_force(declared, now, taken)
            found.append(_row_in_force(fields, row, declared, overrides))
    known = {id(row) for row in fields.rows}
    added = [row for row in now if row.direction != "not kept" and id(row) not in known and id(row) not in taken]
    return found + [_row_in_force(fields, row, None, overrides) for row in added]


def _in_force(declared: Row, now: Sequence[Row], taken: set[int]) -> Row | None:
    """What stands for a declared row: itself, or the first one of its field that stands for no other yet."""
    if any(row is declared for row in now):
        return declared
    for row in now:
        if row.ours == declared.ours and row.part == declared.part and row.note == BY_PRACTICE and id(row) not in taken:
            taken.add(id(row))
            return row
    return None


def _row_in_force(fields: FieldMap, row: Row | None, declared: Row | None, overrides: Sequence[Override]) -> RowInForce:
    ours = (row or declared or Row("")).ours
    kinds = (FieldOverride, DefaultValue, ValidationRule)
    about = tuple(one for one in overrides if isinstance(one, kinds) and one.map == fields.name and one.ours == ours)
    table = getattr((row or declared or Row("")).via, "table", None)
    return RowInForce(ours, printed_row(row) if row else None, printed_row(declared) if declared else None, table, about)


def codes_in_force(table: CodeTable, overrides: Iterable[Override]) -> list[CodeInForce]:
    """The codes of a table in their order; those that the practice added at the end."""
    mine = {one.athena.lower(): one for one in reversed(of_kind(overrides, CodeOverride)) if one.table == table.name}
    now = {row.athena.lower(): row for row in overridden_tables([table], mine.values())[table.name].rows}
    declared = {row.athena.lower(): row for row in table.rows}
    return [_code_in_force(now[code], declared.get(code), mine.get(code)) for code in dict.fromkeys((*declared, *now))]


def _code_in_force(now: CodeRow, declared: CodeRow | None, override: CodeOverride | None) -> CodeInForce:
    return CodeInForce(printed_code(now), printed_code(declared) if declared else None, override)
