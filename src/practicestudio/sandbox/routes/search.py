"""Finding patients: by field, by search term, by the guide's names, and by best match."""

from collections.abc import Iterator
from itertools import islice

from practicestudio.sandbox.call import Call, Operation
from practicestudio.sandbox.catalogue import Record
from practicestudio.sandbox.matching import THRESHOLD, best_match, scored_matches
from practicestudio.sandbox.parameters import Parameters, read_date, us_date
from practicestudio.sandbox.people import number
from practicestudio.sandbox.practice import Practice
from practicestudio.sandbox.refusals import additional, invalid, missing
from practicestudio.sandbox.routes.patients import shown, shown_all
from practicestudio.sandbox.wire import Window, page

# At least one of these makes a search (athenahealth, patient search); the others narrow it.
_ENOUGH = (
    *("guarantorfirstname", "firstname", "dob", "workphone", "departmentid", "guarantorsuffix", "guarantorlastname", "mobilephone"),
    *("middlename", "suffix", "guarantormiddlename", "homephone", "lastname", "anyphone", "email", "ssn"),
)
_NARROWING = ("zip", "city", "state", "status", "sex", "primarydepartmentid", "primaryproviderid", "preferredname", "race", "ethnicitycode")
_STATUSES = {"a": "active", "i": "inactive", "p": "prospective", "d": "deleted"}


def criteria(parameters: Parameters) -> dict[str, str]:
    """The fields a caller searches by, dates and statuses as records write them."""
    wanted = {name: parameters.sent(name) for name in (*_ENOUGH, *_NARROWING) if parameters.text(name)}
    if "dob" in wanted:
        day = read_date(wanted["dob"], iso=parameters.json)
        if day is None:
            raise invalid(f"Expecting format date, but value is {wanted['dob']}")
        wanted["dob"] = us_date(day)
    if "status" in wanted:
        wanted["status"] = _STATUSES.get(wanted["status"], wanted["status"])
    return wanted


def search_patients(call: Call) -> Record:
    """GET /patients. A department alone is a list, whose page costs what the page holds."""
    parameters = call.parameters
    wanted = criteria(parameters)
    if not any(name in wanted for name in _ENOUGH):
        raise additional(f"At least one of these fields is required: {', '.join(_ENOUGH)}.")
    window = Window.read(parameters)
    if "departmentid" in wanted:
        parameters.integers("departmentid")
    if wanted.keys() == {"departmentid"}:
        return _department_page(call, window)
    found = _with_departments(call, wanted)
    listed = shown_all(call.practice, window.cut(found), parameters)
    return page("patients", listed, len(found), window, call.path, parameters)


def _department_page(call: Call, window: Window) -> Record:
    people, departments = call.practice.people, call.parameters.integers("departmentid")
    total = sum(people.count_in(department) for department in departments)
    offset, left = window.offset, window.limit
    ids: list[int] = []
    for department in departments:
        ids += islice(people.list_department(department, offset, left), left)
        left = window.limit - len(ids)
        offset = max(0, offset - people.count_in(department))
    return page("patients", shown_all(call.practice, ids, call.parameters), total, window, call.path, call.parameters)


def _with_departments(call: Call, wanted: dict[str, str]) -> list[int]:
    departments = call.parameters.integers("departmentid")
    rest = {name: value for name, value in wanted.items() if name != "departmentid"}
    found = call.practice.people.find(rest)
    if not departments:
        return found
    return [one for one in found if number((call.practice.people.record(one) or {}).get("departmentid")) in departments]


def search_by_term(call: Call) -> Record:
    """GET /patients/search: `searchterm` is part of a name or a whole patient id; in the guide's words, `firstname` and `lastname`."""
    parameters = call.parameters
    if parameters.text("searchterm") is None and (parameters.text("firstname") or parameters.text("lastname")):
        return search_patients(call)
    term = parameters.required("searchterm")
    most = parameters.integer("maxresults") or 50
    found = list(islice(_by_term(call.practice, term.lower()), most))
    listed = shown_all(call.practice, found, parameters)
    return {"patients": listed, "totalcount": len(listed)}


def _by_term(practice: Practice, term: str) -> Iterator[int]:
    people = practice.people
    if term.isdigit():
        return iter((int(term),) if people.exists(int(term)) else ())
    words = term.replace(",", " ").split()
    return (one for one in range(1, len(people) + 1) if _names_fit(practice, one, words))


def _names_fit(practice: Practice, patient: int, words: list[str]) -> bool:
    people = practice.people
    if patient in people.changes or patient > people.population.size:
        record = people.record(patient) or {}
        if record.get("status") == "deleted":
            return False
        names = [str(record.get(name, "")).lower() for name in ("firstname", "lastname")]
    else:
        names = [people.population.first_name(patient).lower(), people.population.last_name(patient).lower()]
    return all(any(name.startswith(word) for name in names) for word in words)


def _match_criteria(parameters: Parameters) -> dict[str, str]:
    wanted = {name: parameters.sent(name) for name in parameters.names() if parameters.text(name)}
    day = read_date(wanted["dob"], iso=parameters.json)
    if day is None:
        raise invalid(f"Expecting format date, but value is {wanted['dob']}")
    return wanted | {"dob": us_date(day)}


def find_best_match(call: Call) -> list[Record]:
    """GET /patients/bestmatch: one patient or none."""
    parameters = call.parameters
    parameters.require("dob", "lastname")
    if not any(parameters.text(name) for name in ("firstname", "preferredname", "anyfirstname")):
        raise missing(["firstname"])
    found = best_match(call.practice.people, _match_criteria(parameters))
    return shown_all(call.practice, [found], parameters) if found is not None else []


def find_enhanced_best_match(call: Call) -> list[Record]:
    """GET /patients/enhancedbestmatch: the best one with its score, or with returnbestmatches the five best from 16 up."""
    parameters = call.parameters
    parameters.require("firstname", "lastname", "dob")
    least = parameters.integer("minscore")
    several = parameters.flag("returnbestmatches")
    matches = scored_matches(call.practice.people, _match_criteria(parameters), soundex=parameters.flag("usesoundexsearch"))
    good = [one for one in matches if one.score >= max(THRESHOLD, least or 0)][: 5 if several else 1]
    return [shown(call.practice, one.patient, call.practice.people.record(one.patient) or {}, parameters) | {"score": str(one.score)} for one in good]


OPERATIONS = (
    Operation("search_patients", "GET", "patients", search_patients),
    Operation("search_by_term", "GET", "patients/search", search_by_term),
    Operation("best_match", "GET", "patients/bestmatch", find_best_match),
    Operation("enhanced_best_match", "GET", "patients/enhancedbestmatch", find_enhanced_best_match),
)
