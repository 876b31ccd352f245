"""How an export of the log is written."""

from enum import StrEnum


class Format(StrEnum):
    """Comma-separated values with a heading, or a JSON object a line."""

    CSV = "csv"
    NDJSON = "ndjson"


MEDIA_TYPES = {Format.CSV: "text/csv; charset=utf-8", Format.NDJSON: "application/x-ndjson"}
