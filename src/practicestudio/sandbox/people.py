"""Who is registered at a practice now: the first population, and over it whatever has changed."""

from array import array
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from practicestudio.sandbox.catalogue import Record
from practicestudio.sandbox.population import Population

PHONES = ("homephone", "mobilephone", "workphone")


class _Absent:
    """Stands over a field that a record no longer has."""


ABSENT = _Absent()


def without_absent(record: Record) -> Record:
    return {name: value for name, value in record.items() if value is not ABSENT}


def digits(text: Any) -> str:
    return "".join(character for character in str(text) if character.isdigit())


def number(value: Any) -> int | None:
    """An id that may have been overwritten with anything at all."""
    text = str(value)
    return int(text) if text.isdigit() and len(text) < 16 else None


class People:
    """Patients by id. Only what differs from the first population is kept."""

    def __init__(self, population: Population) -> None:
        self.population = population
        self.changes: dict[int, Record] = {}
        self._next = population.size + 1
        self._insurances: dict[int, list[Record]] = {}
        self._custom_fields: dict[int, list[Record]] = {}
        self._last_names: defaultdict[str, set[int]] = defaultdict(set)
        self._births: defaultdict[str, set[int]] = defaultdict(set)
        self._gone: defaultdict[int, list[int]] = defaultdict(list)
        self._extra: defaultdict[int, list[int]] = defaultdict(list)
        self._columns: dict[str, dict[str, array[int]]] = {}

    # One person.

    def __len__(self) -> int:
        return self._next - 1

    def exists(self, person: int) -> bool:
        return 0 < person < self._next

    def record(self, person: int) -> Record | None:
        """A fresh copy of the whole record, without insurances and custom fields."""
        if not self.exists(person):
            return None
        record = self.population.patient(person) if person <= self.population.size else {}
        if change := self.changes.get(person):
            return without_absent(record | change)
        return record

    def create(self, fields: Record) -> int:
        person, self._next = self._next, self._next + 1
        self.changes[person] = {}
        self.change(person, {"patientid": str(person), **fields})
        return person

    def change(self, person: int, fields: Mapping[str, Any], absent: Iterable[str] = ()) -> None:
        """Lay fields over a record and take the absent ones away; the indexes follow."""
        before = self.record(person) or {}
        overlay = self.changes.setdefault(person, {})
        overlay.update(fields)
        overlay.update(dict.fromkeys(absent, ABSENT))
        after = self.record(person) or {}
        for index, name in ((self._last_names, "lastname"), (self._births, "dob")):
            index[str(before.get(name, "")).lower()].discard(person)
            index[str(after.get(name, "")).lower()].add(person)
        self._list(person, before, after)

    def insurances(self, person: int) -> list[Record]:
        kept = self._insurances.get(person)
        if kept is not None:
            return [dict(policy) for policy in kept]
        return self.population.insurances(person) if person <= self.population.size else []

    def set_insurances(self, person: int, policies: list[Record]) -> None:
        self._insurances[person] = policies

    def custom_fields(self, person: int) -> list[Record]:
        kept = self._custom_fields.get(person)
        if kept is not None:
            return [dict(value) for value in kept]
        return self.population.custom_fields(person) if person <= self.population.size else []

    def set_custom_fields(self, person: int, values: list[Record]) -> None:
        self._custom_fields[person] = values

    # The list of a department, in order of ids; a page costs what the page holds.

    def _list(self, person: int, before: Record, after: Record) -> None:
        for record, listed in ((before, False), (after, True)):
            department = number(record.get("departmentid"))
            if department is None or record.get("status") == "deleted":
                continue
            if self._is_home(person, department):
                _keep(self._gone[department], self.population.rank_in(department, person), not listed)
            else:
                _keep(self._extra[department], person, listed)

    def _is_home(self, person: int, department: int) -> bool:
        return person <= self.population.size and self.population.department(person) == department

    def count_in(self, department: int) -> int:
        return self.population.count_in(department) - len(self._gone[department]) + len(self._extra[department])

    def list_department(self, department: int, offset: int, limit: int) -> Iterator[int]:
        """Ids of the department's patients who are not deleted: the first ones, then those who came."""
        gone, extra = self._gone[department], self._extra[department]
        first = self.population.count_in(department)
        rank = offset
        for missing in gone:
            if missing > rank:
                break
            rank += 1
        skip = set(gone)
        while limit > 0 and rank < first:
            if rank not in skip:
                yield self.population.nth_in(department, rank)
                limit -= 1
            rank += 1
        start = max(0, offset - (first - len(gone)))
        yield from extra[start : start + max(0, limit)]

    # Finding people.

    def find(self, criteria: Mapping[str, str]) -> list[int]:
        """Ids of the people whose records agree with all criteria (field name to value), in order. Deleted ones only if asked for by status."""
        candidates = {*self._first_candidates(criteria), *self._changed_candidates(criteria)}
        return [person for person in sorted(candidates) if agrees(self.record(person) or {}, criteria)]

    def _changed_candidates(self, criteria: Mapping[str, str]) -> Iterable[int]:
        if "lastname" in criteria:
            return self._last_names.get(criteria["lastname"].lower(), ())
        if "dob" in criteria:
            return self._births.get(criteria["dob"], ())
        return self.changes

    def _first_candidates(self, criteria: Mapping[str, str]) -> Iterable[int]:
        """The first people who may agree. What is drawn one-to-one is traced back; dates of birth and first names are listed once; the rest is
        looked through."""
        population = self.population
        if "email" in criteria:
            return population.with_email(criteria["email"])
        for name in ("anyphone", *PHONES):
            if name in criteria:
                return population.with_phone(digits(criteria[name])[-10:])
        if "ssn" in criteria:
            return population.with_ssn(digits(criteria["ssn"]))
        if "lastname" in criteria:
            named = population.with_last_name(criteria["lastname"].lower())
            born = criteria.get("dob")
            return (person for person in named if born in (None, population.date_of_birth(person)))
        if "dob" in criteria:
            return self._column("dob", population.date_of_birth).get(criteria["dob"], ())
        if "firstname" in criteria:
            return self._column("firstname", lambda person: population.first_name(person).lower()).get(criteria["firstname"].lower(), ())
        return range(1, population.size + 1)

    def _column(self, name: str, value: Callable[[int], str]) -> dict[str, "array[int]"]:
        """Who has which value, four bytes a person, made when it is first asked for."""
        if name not in self._columns:
            column: defaultdict[str, array[int]] = defaultdict(lambda: array("I"))
            for person in range(1, self.population.size + 1):
                column[value(person)].append(person)
            self._columns[name] = dict(column)
        return self._columns[name]


def _keep(numbers: list[int], one: int, there: bool) -> None:
    """Have a number in a sorted list, or not."""
    at = bisect_left(numbers, one)
    found = at < len(numbers) and numbers[at] == one
    if there and not found:
        insort(numbers, one)
    elif found and not there:
        del numbers[at]


def agrees(record: Record, criteria: Mapping[str, str]) -> bool:
    """Does a record agree with all of them: names in any case, phones and SSN by their digits, ZIP codes by five."""
    if record.get("status") == "deleted" and criteria.get("status") != "deleted":
        return False
    return all(_agrees_on(record, name, wanted) for name, wanted in criteria.items())


def _agrees_on(record: Record, name: str, wanted: str) -> bool:
    if name == "anyphone":
        return any(_agrees_on(record, phone, wanted) for phone in (*PHONES, "contactmobilephone", "contacthomephone"))
    if name == "anyfirstname":
        return any(str(record.get(field, "")).lower() == wanted.lower() for field in ("firstname", "preferredname"))
    value = record.get(name)
    if value is None:
        return False
    if name.endswith("phone"):
        return digits(value)[-10:] == digits(wanted)[-10:]
    if name == "ssn":
        return digits(value) == digits(wanted)
    if name == "zip":
        return str(value)[:5] == wanted[:5]
    if isinstance(value, list):
        return wanted in (str(one) for one in value)
    if isinstance(value, bool):
        return ("true" if value else "false") == wanted.lower()
    return str(value).lower() == wanted.lower()
