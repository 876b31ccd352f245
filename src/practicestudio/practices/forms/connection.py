"""How a practice reaches athenahealth, and what it may use there."""

from dataclasses import replace

from practicestudio.practices.connection import PREVIEW, PRODUCTION, Connection, Limits, faults_of, faults_of_limits
from practicestudio.practices.entries import Entries
from practicestudio.practices.fields import Field

KNOWN_HOSTS = ((PRODUCTION, "athenahealth's production"), (PREVIEW, "athenahealth's preview"))

FIELDS = (
    Field("base_url", "Base URL", "The address of athenahealth's API, without a path. Production and preview take different credentials."),
    Field(
        "dialect",
        "Dialect",
        "How athenahealth is spoken to.",
        "choice",
        (("platform", "athenahealth as it is today"), ("guide", "The calls as the integration guide prints them")),
    ),
    Field(
        "api_version",
        "API version",
        "What athenahealth allows this application. Asking for more is refused before it is sent.",
        "choice",
        (
            ("preview_v1", "Preview v1: patients and appointments"),
            ("standard_v1", "Standard v1: patients, appointments and clinical data"),
            ("fhir_v1", "FHIR v1: standard FHIR resources"),
        ),
    ),
    Field(
        "auth",
        "Sign-in method",
        "How this application proves who it is when it asks for a token.",
        "choice",
        (("basic", "Client secret, in the header"), ("body", "Client secret, in the form"), ("private_key_jwt", "Private key (signed assertion)")),
    ),
    Field("scopes", "Scopes", "OAuth scopes, one a line. athenahealth requires at least one.", "lines"),
    Field("refresh_early", "Token refresh", "How long before its end a token is replaced; a token lives an hour.", "seconds"),
)

LIMITS = (
    Field("limits.per_second", "Calls per second", "athenahealth's limit for this client id; leave it empty for none.", "number", none="no limit"),
    Field("limits.per_day", "Calls per day", "The day ends at midnight GMT; leave it empty for no limit.", "number", none="no limit"),
    Field(
        "limits.tokens_per_minute",
        "Token requests per minute",
        "More of them would lock the token endpoint for the rest of the minute; leave it empty for no limit.",
        "number",
        none="no limit",
    ),
    Field("limits.backfill_leaves", "Reserve for people and feeds", "Part of the day's calls that a backfill leaves untouched.", "percent"),
    Field("limits.feed_leaves", "Reserve for people", "Part of the day's calls that feeds leave untouched, too.", "percent"),
    Field("limits.margin", "Safety margin", "How much wider apart than the limit says calls go out, for what the network does to them.", "percent"),
)


def read_connection(entries: Entries, known: Connection) -> Connection:
    """The connection with what was entered; its limits stay as they are. Notes every fault."""
    choices = {field.name: entries.choice(field.name, [value for value, _ in field.choices]) for field in FIELDS if field.kind == "choice"}
    refresh_early = entries.whole("refresh_early")
    if refresh_early is None:
        entries.fault("refresh_early", "Enter a number of seconds; 300 is usual.")
    found = replace(
        known,
        base_url=entries.text("base_url").rstrip("/"),
        scopes=tuple(dict.fromkeys(entries.text("scopes").split())),
        refresh_early=known.refresh_early if refresh_early is None else refresh_early,
        **choices,
    )
    for fault in faults_of(replace(found, limits=Limits())):
        entries.fault(fault.field, fault.sentence)
    return found


def read_limits(entries: Entries) -> Limits:
    """The limits that were entered. Notes every fault."""
    parts = {name: entries.part(f"limits.{name}") for name in ("backfill_leaves", "feed_leaves", "margin")}
    found = Limits(
        per_second=entries.number("limits.per_second"),
        per_day=entries.whole("limits.per_day"),
        tokens_per_minute=entries.whole("limits.tokens_per_minute"),
        **{name: value or 0.0 for name, value in parts.items()},
    )
    for fault in faults_of_limits(found):
        entries.fault(fault.field, fault.sentence)
    return found
