"""What people do of their own accord: they move, marry, change their phones, have children, register twice, come to visits or not."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from practicestudio.sandbox.catalogue import CANCEL_REASONS, Record
from practicestudio.sandbox.names import LAST_NAMES, MEN, NICKNAMES, STREETS, WOMEN
from practicestudio.sandbox.parameters import us_date
from practicestudio.sandbox.people import PHONES, number
from practicestudio.sandbox.practice import Actor, Practice

_OFFICE = Actor(operation="people")
_ADDRESS = ("address1", "address2", "city", "state", "zip", "countrycode", "countrycode3166")
_SAME_PERSON = (
    *("firstname", "middlename", "lastname", "suffix", "dob", "sex", "ssn", "departmentid", "primarydepartmentid", "email"),
    *("homephone", "mobilephone", "race", "racename", "ethnicitycode", "language6392code", "maritalstatus"),
    *_ADDRESS,
)


class Impossible(ValueError):
    """What was asked cannot happen; says why."""


class Happenings:
    """Makes things happen at one practice. Every choice that the wish leaves open is drawn from `random`."""

    def __init__(self, practice: Practice, random: Random) -> None:
        self._practice, self._random = practice, random
        self._actions: dict[str, Callable[[Mapping[str, Any]], Record]] = {
            "move": self._move,
            "marry": self._marry,
            "phone": self._phone,
            "birth": self._birth,
            "duplicate": self._duplicate,
            "merge": self._merge,
            "delete": self._delete,
            "book": self._book,
            "cancel": self._cancel,
            "reschedule": self._reschedule,
            "no_show": self._no_show,
            "check_in": self._check_in,
            "check_out": self._check_out,
            "provider": self._provider,
            "set": self._set,
        }

    def happen(self, wish: Mapping[str, Any]) -> list[Record]:
        """Carry a wish out, `count` times; `random` draws what happens. Answers with what happened to whom. Raises Impossible."""
        action = str(wish.get("action", "random"))
        count = int(wish.get("count", 1))
        if action == "random":
            return [self._anything() for _ in range(count)]
        if action not in self._actions:
            raise Impossible(f"action must be random or one of {', '.join(self._actions)}")
        return [{"action": action, **self._actions[action](wish)} for _ in range(count)]

    def _anything(self) -> Record:
        likely = ("move", "move", "phone", "phone", "marry", "birth", "book", "book", "book", "cancel", "reschedule", "no_show")
        for action in self._random.sample(likely, len(likely)):
            try:
                return {"action": action, **self._actions[action]({})}
            except Impossible:
                continue
        raise Impossible("nothing can happen: there are no patients")

    # Who and what.

    def _patient(self, wish: Mapping[str, Any]) -> tuple[int, Record]:
        people = self._practice.people
        if "patientid" in wish:
            record = people.record(int(wish["patientid"]))
            if record is None:
                raise Impossible(f"there is no patient {wish['patientid']}")
            return int(wish["patientid"]), record
        for _ in range(100):
            person = self._random.randint(1, len(people)) if len(people) else 0
            record = people.record(person)
            if record and record.get("status") == "active":
                return person, record
        raise Impossible("there is no active patient")

    def _appointment(self, wish: Mapping[str, Any], *states: str, days: range) -> tuple[int, Record]:
        diary, now = self._practice.diary, self._practice.now()
        if "appointmentid" in wish:
            record = diary.record(int(wish["appointmentid"]))
            if record is None or record.get("appointmentstatus") not in states:
                raise Impossible(f"there is no appointment {wish['appointmentid']} in status {' or '.join(states)}")
            return int(wish["appointmentid"]), record
        today = now.date().toordinal()
        wanted = number(wish.get("patientid"))
        found = [
            record
            for day in days
            for record in diary.day(today + day)
            if record.get("appointmentstatus") in states and number(record.get("appointmentid")) and wanted in (None, number(record.get("patientid")))
        ]
        if not found:
            raise Impossible(f"there is no appointment in status {' or '.join(states)}")
        record = self._random.choice(found)
        return int(record["appointmentid"]), record

    def _free_slot(self, wish: Mapping[str, Any]) -> int:
        if "newappointmentid" in wish:
            return int(wish["newappointmentid"])
        today = self._practice.now().date().toordinal()
        for _ in range(30):
            slots = list(self._practice.diary.free(today + self._random.randint(2, 20)))
            if slots:
                return int(self._random.choice(slots)["appointmentid"])
        raise Impossible("there is no free slot")

    def _new_phone(self) -> str:
        return f"{self._random.choice(self._practice.catalogue.area_codes)}{self._random.randint(620, 699)}{self._random.randint(0, 9999):04}"

    # What patients do.

    def _move(self, wish: Mapping[str, Any]) -> Record:
        patient, _ = self._patient(wish)
        town = self._random.choice(self._practice.catalogue.towns)
        fields: Record = {"address1": f"{self._random.randint(1, 999)} {self._random.choice(STREETS)}", "city": town.name, "state": town.state}
        fields["zip"] = f"{town.zip3}{self._random.randint(0, 99):02}"
        self._practice.update_patient(patient, fields, _OFFICE, absent=["address2"])
        return {"patientid": str(patient), "fields": fields}

    def _marry(self, wish: Mapping[str, Any]) -> Record:
        patient, record = self._patient(wish)
        others = [name for name in LAST_NAMES[:64] if name != record.get("lastname")]
        fields = {"lastname": wish.get("lastname") or self._random.choice(others), "maritalstatus": "M", "maritalstatusname": "MARRIED"}
        self._practice.update_patient(patient, fields, _OFFICE)
        return {"patientid": str(patient), "fields": fields}

    def _phone(self, wish: Mapping[str, Any]) -> Record:
        patient, _ = self._patient(wish)
        fields = {"mobilephone": wish.get("mobilephone") or self._new_phone(), "hasmobile": True}
        self._practice.update_patient(patient, fields, _OFFICE)
        return {"patientid": str(patient), "fields": fields}

    def _birth(self, wish: Mapping[str, Any]) -> Record:
        """A child, registered at its parent's address and phone."""
        parent, record = self._patient(wish)
        sex = self._random.choice("MF")
        today = us_date(self._practice.now().date())
        kept = ("lastname", "homephone", "departmentid", "primarydepartmentid", "race", "racename", "ethnicitycode", "language6392code", *_ADDRESS)
        fields: Record = {name: record[name] for name in kept if name in record}
        fields |= {"firstname": self._random.choice(MEN if sex == "M" else WOMEN), "sex": sex, "dob": today, "registrationdate": today}
        fields |= {"status": "active", "maritalstatus": "S", "guarantorrelationshiptopatient": "3"}
        fields |= {
            f"guarantor{name}": record[name] for name in ("firstname", "lastname", "dob", "address1", "city", "state", "zip") if name in record
        }
        child = self._practice.create_patient(fields, _OFFICE)
        return {"patientid": str(child), "parent": str(parent)}

    def _duplicate(self, wish: Mapping[str, Any]) -> Record:
        """The same person registered a second time. agree: `full` keeps phone, e-mail and address; `partial` has new ones."""
        patient, record = self._patient(wish)
        fields: Record = {name: record[name] for name in _SAME_PERSON if name in record}
        fields |= {"status": "active", "registrationdate": us_date(self._practice.now().date())}
        if wish.get("agree", "full") == "partial":
            for name in (*PHONES, "email", *_ADDRESS):
                fields.pop(name, None)
            fields |= {"homephone": self._new_phone(), "address1": "1 New St", "city": "SALEM", "state": "MA", "zip": "01970"}
        elif nickname := NICKNAMES.get(str(record.get("firstname"))):
            fields["preferredname"] = nickname
        return {"patientid": str(self._practice.create_patient(fields, _OFFICE)), "of": str(patient)}

    def _merge(self, wish: Mapping[str, Any]) -> Record:
        """`gone` is taken into `patientid`; without them, a person is first registered twice and then merged."""
        if "gone" in wish:
            kept, gone = self._patient(wish)[0], int(wish["gone"])
            if not self._practice.people.exists(gone) or gone == kept:
                raise Impossible(f"there is no other patient {gone}")
        else:
            made = self._duplicate(wish)
            kept, gone = int(made["of"]), int(made["patientid"])
        self._practice.merge_patients(kept, gone, _OFFICE)
        return {"patientid": str(kept), "gone": str(gone)}

    def _delete(self, wish: Mapping[str, Any]) -> Record:
        patient, _ = self._patient(wish)
        self._practice.update_patient(patient, {"status": "deleted"}, _OFFICE)
        return {"patientid": str(patient)}

    # What happens to appointments.

    def _book(self, wish: Mapping[str, Any]) -> Record:
        patient, _ = self._patient(wish)
        slot = int(wish["appointmentid"]) if "appointmentid" in wish else self._free_slot(wish)
        record = self._practice.diary.record(slot)
        if record is None or not self._practice.diary.is_free(record):
            raise Impossible(f"slot {slot} is not free")
        self._practice.book(slot, patient, {}, _OFFICE)
        return {"appointmentid": str(slot), "patientid": str(patient)}

    def _cancel(self, wish: Mapping[str, Any]) -> Record:
        appointment, record = self._appointment(wish, "f", days=range(1, 14))
        self._practice.cancel(appointment, CANCEL_REASONS[0], _OFFICE)
        return {"appointmentid": str(appointment), "patientid": record.get("patientid")}

    def _no_show(self, wish: Mapping[str, Any]) -> Record:
        appointment, record = self._appointment(wish, "f", days=range(-3, 14))
        self._practice.cancel(appointment, CANCEL_REASONS[1], _OFFICE)
        return {"appointmentid": str(appointment), "patientid": record.get("patientid")}

    def _reschedule(self, wish: Mapping[str, Any]) -> Record:
        appointment, record = self._appointment(wish, "f", days=range(1, 14))
        new = self._free_slot(wish)
        self._practice.reschedule(appointment, new, {}, _OFFICE)
        return {"appointmentid": str(appointment), "newappointmentid": str(new), "patientid": record.get("patientid")}

    def _check_in(self, wish: Mapping[str, Any]) -> Record:
        appointment, record = self._appointment(wish, "f", days=range(7))
        self._practice.check_in(appointment, _OFFICE)
        return {"appointmentid": str(appointment), "patientid": record.get("patientid")}

    def _check_out(self, wish: Mapping[str, Any]) -> Record:
        appointment, record = self._appointment(wish, "2", days=range(-3, 7))
        self._practice.check_out(appointment, _OFFICE)
        return {"appointmentid": str(appointment), "patientid": record.get("patientid")}

    def _provider(self, wish: Mapping[str, Any]) -> Record:
        """A provider's record changes: `fields`, or a new last name."""
        provider = int(wish.get("providerid", self._practice.catalogue.providers[0].id))
        if self._practice.catalogue.provider(provider) is None:
            raise Impossible(f"there is no provider {provider}")
        fields = dict(wish.get("fields") or {"lastname": self._random.choice(LAST_NAMES[:64])})
        self._practice.update_provider(provider, fields, _OFFICE)
        return {"providerid": str(provider), "fields": fields}

    # What nobody would do, but data does.

    def _set(self, wish: Mapping[str, Any]) -> Record:
        """Overwrite a record with anything, unchecked: `fields` to values, `remove` a list of names.

        {"repeat": text, "times": n} stands for a long text.
        """
        fields = {name: _value(value) for name, value in dict(wish.get("fields") or {}).items()}
        absent = [str(name) for name in wish.get("remove") or ()]
        if "appointmentid" in wish:
            appointment = int(wish["appointmentid"])
            if self._practice.diary.record(appointment) is None:
                raise Impossible(f"there is no appointment {appointment}")
            self._practice.update_appointment(appointment, fields, _OFFICE, absent=absent)
            return {"appointmentid": str(appointment)}
        patient, _ = self._patient(wish)
        self._practice.update_patient(patient, fields, _OFFICE, absent=absent)
        return {"patientid": str(patient)}


def _value(value: Any) -> Any:
    if isinstance(value, dict) and value.keys() == {"repeat", "times"}:
        return str(value["repeat"]) * int(value["times"])
    return value
