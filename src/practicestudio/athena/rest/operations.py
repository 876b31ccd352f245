"""What can be asked of athenahealth: one table of operations for each dialect.

`platform` is athenahealth's REST API as it is today: form-encoded bodies, MM/DD/YYYY dates, a free slot booked by PUT.
`guide` is the API as the integration guide prints it: field search at /patients/search, a JSON body to /appointments/open that books, ISO
dates in bodies. What the guide does not print is asked as on the platform, with its bodies in JSON.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

from practicestudio.errors import Misconfigured
from practicestudio.mapping import Dialect
from practicestudio.practices.connection import ApiVersion

Encoding = Literal["query", "form", "json"]
Shape = Literal["one", "list", "object", "status"]
Api = Literal["practice", "patients", "appointments", "clinical", "finance", "feed"]
Dates = Literal["us", "iso"]

PAGE = 1000


@dataclass(frozen=True, slots=True)
class Operation:
    """One call of the API.

    path: behind /v1/{practiceid}, with its places in braces. encoding: where the values of the body go.
    shape: "one" record (bare or as an array of one), "list" (bare or under items_key; "" = the only list there is), "object" kept as it is,
    "status" (success or failure only). writes: it changes something at athenahealth, so it is not repeated blindly; reading a feed does.
    page, most: records of a page that we ask for, and that athenahealth gives at most; 0 where there are no pages.
    dates: how dates are written in what is sent. fields: the only body fields it takes, where dialects differ; None = all that are given.
    """

    name: str
    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    shape: Shape
    api: Api
    encoding: Encoding = "query"
    items_key: str = ""
    writes: bool = False
    page: int = 0
    most: int = 0
    dates: Dates = "us"
    fields: frozenset[str] | None = None

    def shown_path(self, path: Mapping[str, str]) -> str:
        """The path template for logs: ids stay in braces, only the feed's name is filled in."""
        return "/v1/{practiceid}" + (self.path.replace("{feed}", path["feed"]) if "feed" in path else self.path)


@dataclass(frozen=True, slots=True)
class Feed:
    """A changed-data feed: its path before /changed, the API it belongs to, the key its records stand under."""

    api: Api
    items_key: str


FEEDS: Mapping[str, Feed] = MappingProxyType(
    {
        "patients": Feed("patients", "patients"),
        "appointments": Feed("appointments", "appointments"),
        "providers": Feed("practice", "providers"),
        "referringproviders": Feed("practice", "referringproviders"),
        "claims": Feed("finance", "claims"),
        "labresults": Feed("clinical", "labresults"),
        "imagingresults": Feed("clinical", "imagingresults"),
        "orders": Feed("clinical", "orders"),
        "prescriptions": Feed("clinical", "prescriptions"),
        "documents/patientcase": Feed("clinical", "patientcases"),
        "chart/healthhistory/problems": Feed("clinical", "problems"),
        "chart/healthhistory/medication": Feed("clinical", "medications"),
        "chart/healthhistory/allergies": Feed("clinical", "allergies"),
        "chart/healthhistory/vaccine": Feed("clinical", "vaccines"),
    }
)

ALLOWED: Mapping[ApiVersion, frozenset[Api]] = MappingProxyType(
    {
        "preview_v1": frozenset({"practice", "patients", "appointments"}),
        "standard_v1": frozenset({"practice", "patients", "appointments", "clinical", "finance"}),
        "fhir_v1": frozenset(),
    }
)
"""What each API version holds. `practice` (departments, providers, types, ping) is what patients and appointments cannot do without."""

_LIMIT_OF: Mapping[ApiVersion, str] = MappingProxyType(
    {
        "preview_v1": "The API version Preview v1 holds patients and appointments only",
        "standard_v1": "The API version Standard v1 does not hold it",
        "fhir_v1": "The API version FHIR v1 holds FHIR resources only, not the REST API",
    }
)


def _reading(name: str, path: str, shape: Shape, api: Api, key: str = "") -> Operation:
    return Operation(name, "GET", path, shape, api, items_key=key)


def _paged(name: str, path: str, api: Api, key: str, most: int = 5000) -> Operation:
    return Operation(name, "GET", path, "list", api, items_key=key, page=PAGE, most=most)


def _writing(name: str, method: Literal["POST", "PUT"], path: str, shape: Shape, api: Api) -> Operation:
    return Operation(name, method, path, shape, api, encoding="form", writes=True)


def _removing(name: str, path: str, api: Api) -> Operation:
    return Operation(name, "DELETE", path, "status", api, writes=True)


def _table(*operations: Operation) -> Mapping[str, Operation]:
    return MappingProxyType({operation.name: operation for operation in operations})


PLATFORM = _table(
    _reading("ping", "/ping", "object", "practice"),
    _reading("practice.info", "/practiceinfo", "object", "practice"),
    _paged("department.list", "/departments", "practice", "departments"),
    _reading("department.get", "/departments/{departmentid}", "one", "practice"),
    _paged("provider.list", "/providers", "practice", "providers"),
    _reading("provider.get", "/providers/{providerid}", "one", "practice"),
    _paged("appointment_type.list", "/appointmenttypes", "practice", "appointmenttypes"),
    _paged("reason.list", "/patientappointmentreasons", "practice", "patientappointmentreasons"),
    _paged("cancel_reason.list", "/appointmentcancelreasons", "practice", "appointmentcancelreasons"),
    _reading("custom_field.list", "/customfields", "list", "practice"),
    _paged("patient.search", "/patients", "patients", "patients"),
    _paged("patient.list", "/patients", "patients", "patients"),
    _reading("patient.get", "/patients/{patientid}", "one", "patients"),
    _reading("patient.best_match", "/patients/enhancedbestmatch", "list", "patients"),
    _writing("patient.create", "POST", "/patients", "one", "patients"),
    _writing("patient.update", "PUT", "/patients/{patientid}", "one", "patients"),
    _reading("patient.custom_fields", "/patients/{patientid}/customfields", "list", "patients"),
    _writing("patient.custom_fields.update", "PUT", "/patients/{patientid}/customfields", "status", "patients"),
    _paged("patient.insurances", "/patients/{patientid}/insurances", "patients", "insurances"),
    _writing("patient.insurance.create", "POST", "/patients/{patientid}/insurances", "one", "patients"),
    _writing("patient.insurance.update", "PUT", "/patients/{patientid}/insurances/{insuranceid}", "status", "patients"),
    _removing("patient.insurance.delete", "/patients/{patientid}/insurances/{insuranceid}", "patients"),
    _paged("patient.appointments", "/patients/{patientid}/appointments", "appointments", "appointments"),
    _paged("appointment.open", "/appointments/open", "appointments", "appointments", most=10_000),
    _writing("appointment.slots.create", "POST", "/appointments/open", "object", "appointments"),
    _removing("appointment.slots.delete", "/appointments/{appointmentid}", "appointments"),
    replace(
        _writing("appointment.book", "PUT", "/appointments/{appointmentid}", "one", "appointments"),
        fields=frozenset(
            {
                *("patientid", "appointmenttypeid", "reasonid", "departmentid", "bookingnote", "urgentyn", "insuranceinfo"),
                *("nopatientcase", "donotsendconfirmationemail", "ignoreschedulablepermission"),
            }
        ),
    ),
    _reading("appointment.get", "/appointments/{appointmentid}", "one", "appointments"),
    _writing("appointment.update", "PUT", "/appointments/booked/{appointmentid}", "status", "appointments"),
    _writing("appointment.cancel", "PUT", "/appointments/{appointmentid}/cancel", "object", "appointments"),
    _writing("appointment.reschedule", "PUT", "/appointments/{appointmentid}/reschedule", "one", "appointments"),
    _writing("appointment.freeze", "PUT", "/appointments/{appointmentid}/freeze", "status", "appointments"),
    _writing("appointment.start_check_in", "POST", "/appointments/{appointmentid}/startcheckin", "status", "appointments"),
    _writing("appointment.check_in", "POST", "/appointments/{appointmentid}/checkin", "status", "appointments"),
    _writing("appointment.cancel_check_in", "POST", "/appointments/{appointmentid}/cancelcheckin", "status", "appointments"),
    _writing("appointment.check_out", "POST", "/appointments/{appointmentid}/checkout", "status", "appointments"),
    _paged("appointment.booked", "/appointments/booked", "appointments", "appointments", most=10_000),
    _reading("appointment.notes", "/appointments/{appointmentid}/notes", "list", "appointments", "notes"),
    _writing("appointment.note.create", "POST", "/appointments/{appointmentid}/notes", "status", "appointments"),
    _writing("feed.subscribe", "POST", "/{feed}/changed/subscription", "status", "feed"),
    _reading("feed.subscription", "/{feed}/changed/subscription", "object", "feed"),
    _reading("feed.events", "/{feed}/changed/subscription/events", "object", "feed"),
    _removing("feed.unsubscribe", "/{feed}/changed/subscription", "feed"),
    replace(_paged("feed.changed", "/{feed}/changed", "feed", ""), writes=True),
)


def _in_json(operation: Operation) -> Operation:
    return replace(operation, encoding="json", dates="iso") if operation.encoding == "form" else operation


_PRINTED = _table(
    _paged("patient.search", "/patients/search", "patients", "patients"),
    Operation(
        "appointment.book",
        "POST",
        "/appointments/open",
        "one",
        "appointments",
        encoding="json",
        writes=True,
        dates="iso",
        fields=frozenset({"patientid", "providerid", "appointmenttypeid", "departmentid", "starttime", "duration", "reasonid"}),
    ),
)
_NOT_IN_GUIDE = frozenset({"appointment.slots.create"})  # its address books there

GUIDE: Mapping[str, Operation] = MappingProxyType(
    {name: _in_json(operation) for name, operation in PLATFORM.items() if name not in _NOT_IN_GUIDE} | dict(_PRINTED)
)

TABLES: Mapping[Dialect, Mapping[str, Operation]] = MappingProxyType({"platform": PLATFORM, "guide": GUIDE})


def find_operation(dialect: Dialect, version: ApiVersion, name: str, feed: str | None = None) -> Operation:
    """The operation of this name. feed: which feed a `feed.…` operation is about.

    Raises Misconfigured where the dialect has no such operation, the feed is unknown, or the API version does not hold it.
    """
    operation = TABLES[dialect].get(name)
    if operation is None:
        raise Misconfigured(f"The dialect {dialect} has no operation {name}.", advice="Choose another dialect for the connection.")
    if operation.api == "feed":
        operation = _of_feed(operation, feed)
    if operation.api not in ALLOWED[version]:
        raise Misconfigured(f"{_LIMIT_OF[version]}; {name} belongs to {operation.api}.", advice="Choose another API version for the connection.")
    return operation


def _of_feed(operation: Operation, name: str | None) -> Operation:
    feed = FEEDS.get(name or "")
    if feed is None:
        raise Misconfigured(f"There is no feed of changes named {name}.", advice=f"Choose one of: {', '.join(FEEDS)}.")
    return replace(operation, api=feed.api, items_key=feed.items_key if operation.shape == "list" else "")
