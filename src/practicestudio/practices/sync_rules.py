"""What a practice synchronises, in which direction, and how far around today."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from practicestudio.errors import FieldFault, InvalidValue
from practicestudio.practices import configuration
from practicestudio.store.database import Transaction

Direction = Literal["both", "in", "none"]
SECTION, NAME = "sync_rule", "records"
MOST_DAYS = 366 * 3

_SENT = frozenset({"create", "update", "put_back", "book", "reschedule", "cancel", "check_in", "check_out"})
_RECORDS: Mapping[str, str] = {"patient": "patients", "appointment": "appointments"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncRules:
    """both: what changes on either side is told to the other; in: athenahealth's changes come here, ours stay here; none: neither.

    days_back, days_ahead: how far around today every appointment is taken when all are. Changes are followed whatever their day.
    """

    patients: Direction = "both"
    appointments: Direction = "both"
    days_back: int = 30
    days_ahead: int = 90

    def objection(self, kind: str) -> str | None:
        """Why a message or a job of this kind (`patient.update`, `pull.appointments`, …) is not worked, in one sentence, or None."""
        records, sent = what_it_is_about(kind)
        if records is None:
            return None
        direction = getattr(self, records)
        if direction == "none":
            return f"This practice's sync rules leave {records} out."
        if direction == "in" and sent:
            return f"By this practice's sync rules, changes of {records} are not sent to athenahealth."
        return None


def what_it_is_about(kind: str) -> tuple[str | None, bool]:
    """The records that a kind of message is about (`patients`, `appointments` or None), and whether it tells athenahealth of a change."""
    first, _, second = kind.partition(".")
    if first in ("feed", "pull"):
        return (second if second in _RECORDS.values() else None), False
    return _RECORDS.get(first), second in _SENT


def faults_of(rules: SyncRules) -> list[FieldFault]:
    """Everything that is wrong with the rules."""
    found = [
        FieldFault(name, "This is not a direction. Choose both ways, from athenahealth only, or not at all.")
        for name in _RECORDS.values()
        if getattr(rules, name) not in get_args(Direction)
    ]
    if rules.appointments != "none" and rules.patients == "none":
        found.append(FieldFault("appointments", "Appointments need their patients. Take patients from athenahealth too, or leave both out."))
    for name, least in (("days_back", 0), ("days_ahead", 1)):
        if not least <= getattr(rules, name) <= MOST_DAYS:
            found.append(FieldFault(name, f"This is not a number of days that can be pulled. Enter {least} to {MOST_DAYS:,}."))
    return found


def to_value(rules: SyncRules) -> dict[str, Any]:
    """The rules as configuration keeps them."""
    return asdict(rules)


def from_value(value: dict[str, Any] | None) -> SyncRules:
    """The rules from configuration; what is not given has its default. Raises InvalidValue where they cannot be read."""
    try:
        known: dict[str, Any] = {name: value[name] for name in SyncRules.__dataclass_fields__ if name in value} if value else {}
        for name in {"days_back", "days_ahead"} & known.keys():
            known[name] = int(known[name])
        return SyncRules(**known)
    except (TypeError, ValueError):
        raise InvalidValue("The sync rules cannot be read.", advice="Set them anew in the practice's settings.") from None


async def read(transaction: Transaction) -> SyncRules:
    """The practice's rules; nothing else of its set-up is read, which may be broken."""
    return from_value((await configuration.read(transaction)).get(SECTION, {}).get(NAME))
