"""The demo's story: who is in it, and what they do on athenahealth's side."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from practicestudio.cli.demo_sandbox import DemoSandbox, Record
from practicestudio.errors import Misconfigured
from practicestudio.sync.demo import Errands

LONG_NOTE = {"repeat": "It hurts here and there. ", "times": 1_200_000}
"""30 MB of text."""


@dataclass(frozen=True, slots=True)
class Cast:
    """Athenahealth's ids of those to whom something happens: patients, then appointments that are still to come."""

    mover: str
    bride: str
    visitor: str
    registered_twice: str
    in_conflict: str
    impossible_birth: str
    without_birth: str
    long_note: str
    new_phone: str
    new_email: str
    wants_appointment: str
    cancelled: str
    missed: str
    lost: str
    cancelled_here: str

    @property
    def errands(self) -> Errands:
        """The part of Practice Studio's staff."""
        return Errands(self.new_phone, self.new_email, self.wants_appointment, self.in_conflict, self.cancelled_here)


def choose_cast(people: Iterable[Record], today: date) -> Cast:
    """The first active patients take the parts, in order; and the first appointments to come, each of another day or patient."""
    patients: list[str] = []
    appointments: list[str] = []
    for person in people:
        if person.get("status") == "active":
            patients.append(str(person["patientid"]))
            appointments += [str(one["appointmentid"]) for one in person.get("appointments", ()) if is_to_come(one, today)]
    if len(patients) < 11 or len(appointments) < 4:
        raise Misconfigured("The demo needs more patients to tell its story.", advice="Leave --patients out, or give 40 or more.")
    return Cast(*patients[:11], *appointments[:4])


def is_to_come(appointment: Record, today: date) -> bool:
    """Whether an appointment of the sandbox is booked for a day after today, within the two weeks that its diary is full."""
    if appointment.get("appointmentstatus") != "f":
        return False
    day = datetime.strptime(str(appointment["date"]), "%m/%d/%Y").date()  # noqa: DTZ007 (a date has no zone)
    return 1 <= (day - today).days <= 12


async def find_cast(sandbox: DemoSandbox, practice: str, today: date) -> Cast:
    """The cast of a practice."""
    people: Sequence[Record] = [await sandbox.person(practice, one) for one in range(1, min(sandbox.patients, 40) + 1)]
    return choose_cast(people, today)


def happenings(cast: Cast) -> list[dict[str, Any]]:
    """What happens at athenahealth: everyday changes, one person registered twice, and records that cannot be taken as they are."""
    return [
        {"action": "move", "patientid": cast.mover},
        {"action": "marry", "patientid": cast.bride},
        {"action": "book", "patientid": cast.visitor},
        {"action": "cancel", "appointmentid": cast.cancelled},
        {"action": "no_show", "appointmentid": cast.missed},
        {"action": "duplicate", "patientid": cast.registered_twice},
        {"action": "phone", "patientid": cast.in_conflict},
        {"action": "set", "patientid": cast.impossible_birth, "fields": {"dob": "02/31/1980"}},
        {"action": "set", "patientid": cast.without_birth, "remove": ["dob"]},
        {"action": "set", "patientid": cast.long_note, "fields": {"notes": LONG_NOTE}},
        {"action": "set", "appointmentid": cast.lost, "fields": {"departmentid": "999"}},
    ]


def faults(practice: str) -> list[dict[str, Any]]:
    """What athenahealth is down with meanwhile: busy twice, a limit reached, and a registration whose answer is lost on the way."""
    return [
        {"kind": "503", "match": f"/v1/{practice}/patients/changed$", "times": 2},
        {"kind": "429", "match": f"/v1/{practice}/appointments/changed$", "times": 1, "retry_after": 1},
        {"kind": "drop_after", "match": f"/v1/{practice}/patients$", "times": 1},
    ]


async def let_it_happen(sandbox: DemoSandbox, practice: str, cast: Cast) -> None:
    """Carry out what happens at athenahealth."""
    for wish in happenings(cast):
        await sandbox.make_happen(practice, wish.pop("action"), **wish)
    await sandbox.add_faults(*faults(practice))
