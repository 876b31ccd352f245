"""What is synchronised, in which direction, how far around today."""

from practicestudio.practices.entries import Entries
from practicestudio.practices.fields import Field
from practicestudio.practices.sync_rules import SyncRules, faults_of

DIRECTIONS = (("both", "Both ways"), ("in", "From athenahealth only"), ("none", "Not at all"))

FIELDS = (
    Field("patients", "Patients", "Changes here are sent to athenahealth only where it is both ways.", "choice", DIRECTIONS),
    Field("appointments", "Appointments", "Booking, moving, cancelling and checking in here need both ways.", "choice", DIRECTIONS),
    Field("days_back", "Days back", "How far before today appointments are taken when all are.", "days"),
    Field("days_ahead", "Days ahead", "How far after today.", "days"),
)


def read(entries: Entries) -> SyncRules:
    """The rules that were entered. Notes every fault."""
    directions = [value for value, _ in DIRECTIONS]
    days = {name: entries.whole(name) for name in ("days_back", "days_ahead")}
    for name, number in days.items():
        if number is None:
            entries.fault(name, "Enter a number of days.")
    rules = SyncRules(
        patients=entries.choice("patients", directions),
        appointments=entries.choice("appointments", directions),
        **{name: number for name, number in days.items() if number is not None},
    )
    for fault in faults_of(rules):
        entries.fault(fault.field, fault.sentence)
    return rules
