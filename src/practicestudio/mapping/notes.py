"""The notes of an appointment: a list at athenahealth, one text here."""

from dataclasses import dataclass
from typing import Any

from practicestudio.mapping.conversions import not_sent
from practicestudio.mapping.findings import Finding
from practicestudio.mapping.lists import objects
from practicestudio.mapping.rows import LONGEST_NOTE, Context, Reader, Writer
from practicestudio.mapping.values import TOO_LONG, as_text

MOST_NOTES = 1_000


@dataclass(frozen=True, slots=True)
class NoteList:
    """Notes with an id and a text; the newest comes first or last as it happens, so they are put in the order of their ids."""

    label: str = "notes, one a line"

    def reader(self, context: Context) -> Reader:
        def read(raw: Any, report: list[Finding], place: str) -> str | None:
            texts = [
                text
                for note in sorted(objects(raw, report, place, MOST_NOTES), key=_order)
                if (text := as_text(note.get("text") or "", report, place, LONGEST_NOTE))
            ]
            if sum(map(len, texts)) > LONGEST_NOTE:
                report.append(Finding(place, TOO_LONG.format(limit=LONGEST_NOTE), "error"))
                return None
            return "\n".join(texts) or None

        return read

    def writer(self, context: Context) -> Writer:
        return not_sent


def _order(note: dict[str, Any]) -> int:
    written = note.get("id", note.get("noteid"))
    if isinstance(written, str) and len(written) < 19 and written.isdecimal():
        return int(written)
    return written if isinstance(written, int) else 0
