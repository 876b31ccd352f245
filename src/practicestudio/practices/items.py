"""What a practice is made of, kept by athenahealth's ids: locations, providers, appointment types and reasons, custom fields."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from practicestudio.clock import new_id
from practicestudio.records import AppointmentReason, AppointmentType, CustomField, Location, Provider
from practicestudio.store import sql
from practicestudio.store.database import Transaction, rows

Item = Location | Provider | AppointmentType | AppointmentReason | CustomField
KINDS: dict[str, type[Item]] = {
    "location": Location,
    "provider": Provider,
    "appointment_type": AppointmentType,
    "appointment_reason": AppointmentReason,
    "custom_field": CustomField,
}


@dataclass(frozen=True, slots=True)
class Items:
    """Everything a practice is made of, each kind by athenahealth's id. What athenahealth no longer lists stays, for old appointments name it;
    closed_locations tells which locations those are."""

    locations: dict[str, Location]
    providers: dict[str, Provider]
    appointment_types: dict[str, AppointmentType]
    appointment_reasons: dict[str, AppointmentReason]
    custom_fields: dict[str, CustomField]
    closed_locations: frozenset[str] = frozenset()


async def read_items(transaction: Transaction) -> Items:
    """The practice's items."""
    found: dict[str, dict[str, Any]] = {kind: {} for kind in KINDS}
    closed = set()
    for kind, external_id, item_id, value, retired in await rows(sql.practices.items(transaction.connection, practice_id=transaction.practice_id)):
        found[kind][external_id] = _read(KINDS[kind], item_id, external_id, value)
        if retired and kind == "location":
            closed.add(external_id)
    locations, providers, types, reasons, custom_fields = (found[kind] for kind in KINDS)
    return Items(locations, providers, types, reasons, custom_fields, frozenset(closed))


def _read(cls: type[Item], item_id: UUID, external_id: str, value: dict[str, Any]) -> Item:
    names = {one.name for one in fields(cls)}
    given = {name: value[name] for name in names & set(value)}
    if "options" in given:
        given["options"] = tuple((str(option), str(words)) for option, words in given["options"])
    if "id" in names:
        given["id"] = item_id
    return cls(**{**given, "external_id": external_id})


async def put_items(transaction: Transaction, kind: str, items: Sequence[dict[str, Any]], *, complete: bool = True) -> None:
    """Store items of a kind: dicts with `external_id` and the record's other fields but `id`, which each keeps from its first time.

    complete: these are all there are, so that others are marked as no longer listed.
    """
    ids = [str(item["external_id"]) for item in items]
    await sql.practices.put_items(
        transaction.connection,
        practice_id=transaction.practice_id,
        kind=kind,
        external_ids=ids,
        ids=[new_id() for _ in items],
        values=[Jsonb({name: value for name, value in item.items() if name != "external_id"}) for item in items],
    )
    if complete:
        await sql.practices.retire_items(transaction.connection, practice_id=transaction.practice_id, kind=kind, external_ids=ids)
    await sql.practices.bump_setup(transaction.connection, practice_id=transaction.practice_id)


def names(items: Items) -> dict[str, str]:
    """What athenahealth's ids of providers, appointment types and custom fields stand for: `provider:71`, `type:82`, `custom field:22`."""
    found = {f"provider:{one}": provider.name for one, provider in items.providers.items()}
    found |= {f"type:{one}": kind.name for one, kind in items.appointment_types.items()}
    return found | {f"custom field:{one}": field.name for one, field in items.custom_fields.items()}


def plain(item: Item) -> dict[str, Any]:
    """An item as JSON prints it."""
    return {name: str(value) if isinstance(value, UUID) else value for name, value in asdict(item).items()}
