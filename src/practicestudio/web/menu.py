"""The menu, as the guide names its places; each person sees what they have a right to."""

from dataclasses import dataclass

from practicestudio.access.rights import Right
from practicestudio.web.guard import PracticeVisit, Visit


@dataclass(frozen=True, slots=True)
class Entry:
    """A page in the menu. path: below the practice's address; icon: of Tabler's set."""

    label: str
    path: str
    icon: str
    right: Right


@dataclass(frozen=True, slots=True)
class Section:
    """Entries below a heading."""

    heading: str
    entries: tuple[Entry, ...]


INTEGRATIONS = "/settings/integrations"

SECTIONS = (
    Section(
        "",
        (
            Entry("Home", "", "home", Right.OVERVIEW_VIEW),
            Entry("Patients", "/patients", "users", Right.PATIENTS_VIEW),
            Entry("Appointments", "/appointments", "calendar", Right.APPOINTMENTS_VIEW),
            Entry("Review", "/review", "git-merge", Right.REVIEWS_DECIDE),
            Entry("Sync", "/sync", "refresh", Right.OVERVIEW_VIEW),
        ),
    ),
    Section(
        "Settings · Integrations",
        (
            Entry("athenahealth", f"{INTEGRATIONS}/athenahealth", "plug-connected", Right.SETTINGS_VIEW),
            Entry("Field mappings", f"{INTEGRATIONS}/mappings", "arrows-exchange", Right.SETTINGS_VIEW),
            Entry("Logs", f"{INTEGRATIONS}/logs/athenahealth", "list-search", Right.MESSAGES_VIEW),
            Entry("Error Management", f"{INTEGRATIONS}/errors", "alert-triangle", Right.MESSAGES_VIEW),
            Entry("Connectivity Test", f"{INTEGRATIONS}/connectivity", "activity-heartbeat", Right.CONNECTION_TEST),
        ),
    ),
    Section(
        "Settings · Practice",
        (
            Entry("People", "/settings/people", "user-shield", Right.PEOPLE_MANAGE),
            Entry("API keys", "/settings/keys", "key", Right.KEYS_MANAGE),
            Entry("Alerts", "/settings/alerts", "bell", Right.SETTINGS_VIEW),
            Entry("Audit", "/settings/audit", "fingerprint", Right.AUDIT_VIEW),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry as it is shown. here: it, or a page below it, is open."""

    label: str
    address: str
    icon: str
    here: bool


def menu_of(visit: Visit) -> tuple[tuple[str, tuple[Shown, ...]], ...]:
    """Headings with the entries that the person may open; none outside of a practice."""
    if not isinstance(visit, PracticeVisit):
        return ()
    path = visit.request.url.path
    found = ((section.heading, tuple(_shown(visit, entry, path) for entry in section.entries if visit.may(entry.right))) for section in SECTIONS)
    return tuple((heading, entries) for heading, entries in found if entries)


def _shown(visit: PracticeVisit, entry: Entry, path: str) -> Shown:
    address = visit.root + (entry.path or "/")
    here = path == address or (entry.path != "" and path.startswith(f"{address}/"))
    return Shown(entry.label, address, entry.icon, here)
