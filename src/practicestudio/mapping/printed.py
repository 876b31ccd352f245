"""The rows as people read them: the same tables for the docs and for a web page."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from practicestudio.mapping.rows import CodeRow, CodeTable, Direction, FieldMap, Row

_DIRECTIONS: dict[Direction, str] = {
    "both": "received and sent",
    "in": "received",
    "out": "sent",
    "create": "received; sent when new",
    "not kept": "not kept",
}
_CODES_SENT = {"both": "yes", "platform": "platform", "guide": "guide", "never": "no"}


class PrintedRow(NamedTuple):
    """One row of a field map, in words."""

    athena: str
    in_guide: str
    ours: str
    how: str
    direction: str
    note: str


class PrintedCode(NamedTuple):
    """One row of a code table, in words."""

    athena: str
    ours: str
    name: str
    sent: str


def printed_rows(fields: FieldMap) -> list[PrintedRow]:
    """The rows that are kept."""
    return [printed_row(row) for row in fields.rows if row.direction != "not kept"]


def printed_not_kept(fields: FieldMap) -> dict[str, list[str]]:
    """The fields that are known and left out, by the reason."""
    found: dict[str, list[str]] = {}
    for row in fields.rows:
        if row.direction == "not kept":
            found.setdefault(row.note, []).append(row.athena)
    return found


def printed_codes(table: CodeTable) -> list[PrintedCode]:
    """The codes of a table."""
    return [printed_code(row) for row in table.rows]


def printed_code(row: CodeRow) -> PrintedCode:
    """One code."""
    return PrintedCode(row.athena, row.ours, row.name, _CODES_SENT[row.sent])


def markdown(maps: Iterable[FieldMap], tables: Iterable[CodeTable]) -> str:
    """All of it as Markdown."""
    return "\n".join((*(_map_in_markdown(fields) for fields in maps), *(_codes_in_markdown(table) for table in tables)))


def printed_row(row: Row) -> PrintedRow:
    """One row of a field map."""
    notes = (
        row.note,
        f"at most {row.max_sent:,} characters when sent" if row.max_sent else "",
        "not taken without it" if row.required else "",
        "needed to make the record" if row.needed_to_create else "",
        "may be `declined`" if row.declinable else "",
        f"`{row.sent_as}` in a change" if row.sent_as else "",
        "where no earlier row has a value" if row.fallback else "",
        "cannot be cleared" if not row.clearable and row.direction == "both" else "",
    )
    how = row.via.label if row.via else ""
    return PrintedRow(row.athena, row.guide or row.athena, row.ours, how, _DIRECTIONS[row.direction], "; ".join(filter(None, notes)))


def _map_in_markdown(fields: FieldMap) -> str:
    rows = [(_code(row.athena), _code(row.in_guide), _code(row.ours), *row[3:]) for row in printed_rows(fields)]
    lines = [f"### {fields.name.capitalize()}", "", *_table(("athenahealth", "in the guide", "Practice Studio", "how", "way", "note"), rows), ""]
    left_out = printed_not_kept(fields)
    if left_out:
        lines += ["Known and not kept:", ""]
        lines += [f"- {reason}: {', '.join(map(_code, names))}" for reason, names in left_out.items()]
        lines.append("")
    return "\n".join(lines)


def _codes_in_markdown(table: CodeTable) -> str:
    rows = [(_code(row.athena), _code(row.ours), row.name, row.sent) for row in printed_codes(table)]
    heading = [f"### Codes: {table.name}", "", f"Source: {table.source}", ""]
    return "\n".join([*heading, *_table(("athenahealth", "Practice Studio", "name", "sent"), rows), ""])


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [_line(heads), _line(["---"] * len(heads)), *map(_line, rows)]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _code(text: str) -> str:
    return f"`{text}`" if text else ""
