"""What a practice is made of before anybody comes: departments, providers, kinds of appointment, custom fields, insurance packages."""

from dataclasses import dataclass
from typing import Any

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Town:
    """A town whose ZIP codes begin with zip3."""

    name: str
    state: str
    zip3: str


@dataclass(frozen=True, slots=True)
class Department:
    """A place of the practice. zone: the time zone name that athenahealth gives, in which its appointments are written."""

    id: int
    name: str
    town: Town
    street: str
    zone: str
    phone: str
    daylight_saving: bool = True


@dataclass(frozen=True, slots=True)
class Provider:
    """Somebody who treats, or a room or a machine (entity). departments: where they work; the first most days."""

    id: int
    first_name: str
    last_name: str
    sex: str
    kind: str
    specialty: str
    npi: int
    departments: tuple[int, ...]
    entity: str = "Person"


@dataclass(frozen=True, slots=True)
class AppointmentType:
    """A kind of appointment. duration: minutes. generic: a slot of this type can be booked as another type."""

    id: int
    name: str
    short_name: str
    duration: int
    generic: bool = False
    patient: bool = True


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a patient comes. kind: who may choose it, `new`, `existing` or `all`. types: the appointment types that serve it."""

    id: int
    name: str
    kind: str
    types: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CustomField:
    """A field of the practice's own. options: (optionid, words) for a select list. kind: TEXT or DATE."""

    id: int
    name: str
    kind: str
    options: tuple[tuple[int, str], ...] = ()
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class InsurancePackage:
    """A plan that a patient can have. company: the insurance reporting category."""

    id: int
    plan: str
    company: str
    kind: str
    address: str
    town: Town
    phone: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All of it, for one practice. area_codes: eight, for the phones of its patients."""

    practice: str
    name: str
    towns: tuple[Town, ...]
    area_codes: tuple[str, ...]
    departments: tuple[Department, ...]
    providers: tuple[Provider, ...]

    def department(self, department_id: int) -> Department | None:
        return next((one for one in self.departments if one.id == department_id), None)

    def provider(self, provider_id: int) -> Provider | None:
        return next((one for one in self.providers if one.id == provider_id), None)


APPOINTMENT_TYPES = (
    AppointmentType(82, "Any 30", "AN30", 30, generic=True),
    AppointmentType(1, "New Patient", "NEW", 30),
    AppointmentType(2, "Follow Up", "FU", 30),
    AppointmentType(3, "Nurse Visit", "NURS", 15),
    AppointmentType(4, "Annual Physical", "PHYS", 60),
    AppointmentType(5, "Lunch", "LNCH", 60, patient=False),
)
REASONS = (
    Reason(563, "Office visit", "all", (82, 2)),
    Reason(564, "Follow-up", "existing", (82, 2)),
    Reason(565, "First visit", "new", (82, 1)),
    Reason(566, "Annual physical", "all", (82, 4)),
    Reason(123, "Sick visit", "all", (82,)),
)
CANCEL_REASONS: tuple[Record, ...] = (
    {"appointmentcancelreasonid": 1, "name": "PATIENT CANCELLED", "slotavailable": True, "noshow": False},
    {"appointmentcancelreasonid": 2, "name": "PATIENT NO SHOW", "slotavailable": False, "noshow": True},
    {"appointmentcancelreasonid": 3, "name": "PROVIDER UNAVAILABLE", "slotavailable": False, "noshow": False},
    {"appointmentcancelreasonid": 4, "name": "PATIENT RESCHEDULED", "slotavailable": True, "noshow": False},
    {"appointmentcancelreasonid": -5, "name": "CANCELLED FROM API", "slotavailable": True, "noshow": False},
)
CUSTOM_FIELDS = (
    CustomField(22, "Legacy chart number", "TEXT"),
    CustomField(41, "Consent form date", "DATE"),
    CustomField(323, "How did you hear of us", "TEXT", ((61, "Friend or family"), (62, "Web search"), (63, "Another doctor"), (64, "Sign outside"))),
    CustomField(324, "Migrated from", "TEXT", read_only=True),
)
# Codes of race and ethnicity: CDC Race and Ethnicity Code Set. The first of each are those that the first population draws from.
RACES = (
    ("2106-3", "White"),
    ("2054-5", "Black or African American"),
    ("2028-9", "Asian"),
    ("1002-5", "American Indian or Alaska Native"),
    ("2076-8", "Native Hawaiian or Other Pacific Islander"),
    ("2131-1", "Other Race"),
    ("declined", "Patient Declined"),
    ("1004-1", "American Indian"),
    ("1735-0", "Alaska Native"),
    ("2029-7", "Asian Indian"),
    ("2034-7", "Chinese"),
    ("2036-2", "Filipino"),
    ("2039-6", "Japanese"),
    ("2040-4", "Korean"),
    ("2047-9", "Vietnamese"),
    ("2056-0", "Black"),
    ("2058-6", "African American"),
    ("2060-2", "African"),
    ("2071-9", "Haitian"),
    ("2079-2", "Native Hawaiian"),
    ("2080-0", "Samoan"),
    ("2086-7", "Guamanian or Chamorro"),
    ("2108-9", "European"),
    ("2118-8", "Middle Eastern or North African"),
)
ETHNICITIES = (
    ("2186-5", "Not Hispanic or Latino"),
    ("2135-2", "Hispanic or Latino"),
    ("declined", "Patient Declined"),
    ("2148-5", "Mexican"),
    ("2155-0", "Central American"),
    ("2165-9", "South American"),
    ("2180-8", "Puerto Rican"),
    ("2182-4", "Cuban"),
)
# Those that are listed; any other ISO 639-2 code is taken too.
LANGUAGES = (
    ("eng", "English"),
    ("spa", "Spanish; Castilian"),
    ("zho", "Chinese"),
    ("vie", "Vietnamese"),
    ("ara", "Arabic"),
    ("por", "Portuguese"),
    ("rus", "Russian"),
    ("hat", "Haitian; Haitian Creole"),
    ("declined", "Patient Declined"),
)
_EL_PASO, _LEXINGTON, _RICHMOND, _DALLAS = (
    Town("EL PASO", "TX", "799"),
    Town("LEXINGTON", "KY", "405"),
    Town("RICHMOND", "VA", "232"),
    Town("DALLAS", "TX", "752"),
)
PACKAGES = (
    InsurancePackage(1352, "Harbor Health PPO", "Harbor Health", "Commercial", "PO BOX 90110", _EL_PASO, "(888) 632-3800"),
    InsurancePackage(1760, "Blue Ridge HMO", "Blue Ridge", "Commercial", "PO BOX 14079", _LEXINGTON, "(800) 624-0700"),
    InsurancePackage(20311, "State Medicaid Standard", "State Medicaid", "Medicaid", "PO BOX 27443", _RICHMOND, "(800) 552-8600"),
    InsurancePackage(90283, "Medicare Part B", "Medicare", "Medicare Part B", "PO BOX 10066", _DALLAS, "(855) 252-8700"),
)

_EAST = (Town("BOSTON", "MA", "021"), Town("PROVIDENCE", "RI", "029"), Town("CHICAGO", "IL", "606"), Town("MILWAUKEE", "WI", "532"))
_WEST = (Town("PORTLAND", "OR", "972"), Town("SEATTLE", "WA", "981"), Town("PHOENIX", "AZ", "850"), Town("TUCSON", "AZ", "857"))


def _departments_east() -> tuple[Department, ...]:
    return (
        Department(1, "Boston Main Office", _EAST[0], "12 Harbor St", "US/Eastern", "(617) 482-2100"),
        Department(21, "Chicago Lakeside", _EAST[2], "400 Lake Dr", "US/Central", "(312) 482-2200"),
        Department(102, "Providence Clinic", _EAST[1], "7 Summit Ave", "US/Eastern", "(401) 482-2300"),
    )


def _departments_west() -> tuple[Department, ...]:
    return (
        Department(1, "Portland Main Office", _WEST[0], "85 River Rd", "US/Pacific", "(503) 482-3100"),
        Department(2, "Phoenix Clinic", _WEST[2], "1900 Central Ave", "US/Arizona", "(602) 482-3200", daylight_saving=False),
    )


def _providers(departments: tuple[Department, ...]) -> tuple[Provider, ...]:
    first, second = departments[0].id, departments[1].id
    last = departments[-1].id
    return (
        Provider(71, "Adelaide", "Brennan", "F", "MD", "Family Medicine", 1093817462, (first,)),
        Provider(72, "Marcus", "Oyelaran", "M", "MD", "Internal Medicine", 1194827352, (first, second)),
        Provider(73, "Helen", "Sandström", "F", "NP", "Family Medicine", 1285739466, (second,)),
        Provider(74, "Victor", "Amador", "M", "DO", "Pediatrics", 1376640854, (last,)),
        Provider(75, "Ruth", "Kealoha", "F", "PA", "Family Medicine", 1467551960, (first, last)),
        Provider(76, "Vaccination", "Room", "", "EQUIP", "Nursing", 0, (first,), entity="Non-Person"),
    )


def catalogue_of(practice: str, index: int) -> Catalogue:
    """The catalogue of the index-th practice of a sandbox: even ones lie in the east, odd ones in the west."""
    west = index % 2 == 1
    departments = _departments_west() if west else _departments_east()
    return Catalogue(
        practice=practice,
        name=("Cascade Family Practice" if west else "Harborview Medical Group") + (f" {index + 1}" if index > 1 else ""),
        towns=_WEST if west else _EAST,
        area_codes=("503", "971", "206", "425", "602", "480", "520", "916") if west else ("617", "857", "401", "508", "312", "773", "414", "860"),
        departments=departments,
        providers=_providers(departments),
    )
