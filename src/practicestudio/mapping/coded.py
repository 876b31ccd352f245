"""Conversions to coded values: race, ethnicity, language. A standard code that the table lacks is kept with a warning, any other is not guessed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from practicestudio.mapping.codes import standard_code
from practicestudio.mapping.conversions import NO_CODE, UNKNOWN_CODE, as_pieces
from practicestudio.mapping.findings import Finding
from practicestudio.mapping.languages import language_6392, read_language
from practicestudio.mapping.rows import LONGEST_TEXT, Context, Reader, Writer
from practicestudio.mapping.values import as_text
from practicestudio.records import Coded

NOT_IN_TABLE = "This {table} is a code of the standard that the table has no name for; the code was kept."
NO_SUCH_LANGUAGE = "This is not a language of ISO 639."
NO_6392_CODE = "This language has no ISO 639-2 code, so it was not sent."
ONE_ONLY = "Only the first of several codes was kept."

_MOST_CODES = 100

ReadOne = Callable[[Any, list[Finding], str], Coded | None]


def _code_reader(context: Context, table: str) -> ReadOne:
    known = {spelling: Coded(row.ours, row.name) for spelling, row in context.tables[table].read_codes().items()}
    # The guide's dialect may write the name instead of the code.
    for row in context.tables[table].rows:
        known.setdefault(row.name.lower(), Coded(row.ours, row.name))

    def read(raw: Any, report: list[Finding], place: str) -> Coded | None:
        found = known.get(raw) if type(raw) is str else None
        if found is not None:
            return found
        text = as_text(raw, report, place, LONGEST_TEXT)
        if text is None:
            return None
        found = known.get(text, known.get(text.lower()))
        if found is None and standard_code(text):
            report.append(Finding(place, NOT_IN_TABLE.format(table=table), "warning"))
            return Coded(text, text)
        if found is None:
            report.append(Finding(place, UNKNOWN_CODE.format(table=table), "no_place"))
        return found

    return read


def _code_writer(context: Context, table: str) -> Writer:
    athena = context.tables[table].sent_codes(context.dialect)
    problem = NO_CODE.format(table=table)

    def write(value: Any, report: list[Finding], place: str) -> str | None:
        code: str | None = athena.get(value.code)
        if code is None and standard_code(value.code):
            code = value.code
        if code is None:
            report.append(Finding(place, problem, "no_place"))
        return code

    return write


@dataclass(frozen=True, slots=True)
class CodedValue:
    """One code of a table, with its name. Of a list the first is taken."""

    table: str

    @property
    def label(self) -> str:
        return f"code: {self.table}"

    def reader(self, context: Context) -> Reader:
        read_one = _code_reader(context, self.table)

        def read(raw: Any, report: list[Finding], place: str) -> Coded | None:
            if not isinstance(raw, list):
                return read_one(raw, report, place)
            if len(raw) > 1:
                report.append(Finding(place, ONE_ONLY, "no_place"))
            return read_one(raw[0], report, place) if raw and raw[0] is not None else None

        return read

    def writer(self, context: Context) -> Writer:
        return _code_writer(context, self.table)


@dataclass(frozen=True, slots=True)
class CodedList:
    """Codes of a table: a list when received, separated by tabs when sent. The first is the main one."""

    table: str

    @property
    def label(self) -> str:
        return f"codes: {self.table}"

    def reader(self, context: Context) -> Reader:
        read_one = _code_reader(context, self.table)

        def read(raw: Any, report: list[Finding], place: str) -> tuple[Coded, ...] | None:
            given = raw if isinstance(raw, list) else as_pieces(raw, report, place, "\t")
            found: list[Coded] = []
            for one in given[:_MOST_CODES]:
                coded = None if one is None or one == "" else read_one(one, report, place)
                if coded is not None and coded not in found:
                    found.append(coded)
            return tuple(found) or None

        return read

    def writer(self, context: Context) -> Writer:
        write_one = _code_writer(context, self.table)

        def write(value: Any, report: list[Finding], place: str) -> str | None:
            codes = (write_one(coded, report, place) for coded in value)
            return "\t".join(code for code in codes if code) or None

        return write


@dataclass(frozen=True, slots=True)
class LanguageCode:
    """A language: an ISO 639 code or a name when received, the ISO 639-2 terminology code when sent."""

    label: str = "language, ISO 639"

    def reader(self, context: Context) -> Reader:
        def read(raw: Any, report: list[Finding], place: str) -> Coded | None:
            text = as_text(raw, report, place, 200)
            found = read_language(text) if text else None
            if text and found is None:
                report.append(Finding(place, NO_SUCH_LANGUAGE, "no_place"))
            return found

        return read

    def writer(self, context: Context) -> Writer:
        def write(value: Any, report: list[Finding], place: str) -> str | None:
            code = language_6392(value.code)
            if code is None:
                report.append(Finding(place, NO_6392_CODE, "no_place"))
            return code

        return write
