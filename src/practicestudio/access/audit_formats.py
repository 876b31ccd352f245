"""How the audit trail is exported."""

from enum import StrEnum


class TrailFormat(StrEnum):
    """Comma-separated values with a heading, a JSON object a line, or a FHIR AuditEvent a line."""

    CSV = "csv"
    NDJSON = "ndjson"
    FHIR = "fhir"


MEDIA_TYPES = {
    TrailFormat.CSV: "text/csv; charset=utf-8",
    TrailFormat.NDJSON: "application/x-ndjson",
    TrailFormat.FHIR: "application/fhir+ndjson",
}
ENDINGS = {TrailFormat.CSV: "csv", TrailFormat.NDJSON: "ndjson", TrailFormat.FHIR: "fhir.ndjson"}
