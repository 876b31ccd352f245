"""A practice's own mapping: shown row by row as it is in force, and changed one override at a time."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from practicestudio.errors import FieldFault, InvalidFields
from practicestudio.mapping import (
    ALL_CODE_TABLES,
    ALL_MAPS,
    CodeTable,
    CustomFieldOverride,
    Dialect,
    FieldMap,
    Override,
    override_from_row,
    override_to_row,
)
from practicestudio.mapping.in_force import CodeInForce, RowInForce, codes_in_force, rows_in_force
from practicestudio.mapping.override_faults import faults_together, override_faults
from practicestudio.mapping.overrides import named_custom_fields, of_kind
from practicestudio.practices import configuration, connection
from practicestudio.practices.items import read_items
from practicestudio.records import CustomField
from practicestudio.store.database import Transaction
from practicestudio.sync.change_settings import Changed, Wanted, change_settings, read_settings
from practicestudio.sync.setup import MAPPING, OVERRIDES

GONE = "Somebody else changed or removed this meanwhile. Look at what is in force now."


@dataclass(frozen=True, slots=True)
class CustomFieldInForce:
    """One custom field. kept: under which name and as which kind, None where it is left out. declared: as athenahealth lists it, None where it
    does not (any more)."""

    external_id: str
    kept: CustomField | None
    declared: CustomField | None
    override: CustomFieldOverride | None


@dataclass(frozen=True, slots=True)
class MappingInForce:
    """A practice's whole mapping, as it is in force."""

    dialect: Dialect
    overrides: tuple[Override, ...]
    maps: tuple[tuple[FieldMap, tuple[RowInForce, ...]], ...]
    tables: tuple[tuple[CodeTable, tuple[CodeInForce, ...]], ...]
    custom_fields: tuple[CustomFieldInForce, ...]


async def read_mapping(transaction: Transaction) -> MappingInForce:
    """The practice's mapping row by row."""
    values = await read_settings(transaction)
    fields = (await read_items(transaction)).custom_fields
    overrides = tuple(override_from_row(row) for row in values.get(MAPPING, {}).get(OVERRIDES) or ())
    stored = values.get(connection.SECTION, {}).get(connection.NAME)
    return MappingInForce(
        connection.from_value(stored).dialect if stored else "platform",
        overrides,
        tuple((one, tuple(rows_in_force(one, overrides))) for one in ALL_MAPS),
        tuple((table, tuple(codes_in_force(table, overrides))) for table in ALL_CODE_TABLES),
        tuple(_custom_fields(fields, overrides)),
    )


def _custom_fields(fields: dict[str, CustomField], overrides: Sequence[Override]) -> list[CustomFieldInForce]:
    own = {one.external_id: one for one in of_kind(overrides, CustomFieldOverride)}
    kept = named_custom_fields(fields.values(), overrides)
    return [CustomFieldInForce(one, kept.get(one), fields.get(one), own.get(one)) for one in sorted({*fields, *own}, key=int)]


async def read_overrides(transaction: Transaction) -> list[Override]:
    """The practice's overrides, in their order; locked until the transaction ends."""
    return [override_from_row(row) for row in await configuration.read_locked(transaction, MAPPING, OVERRIDES) or ()]


def with_override(overrides: Sequence[Override], override: Override, instead_of: Override | None = None) -> list[Override]:
    """The overrides with one more, or one in the place of another. Raises InvalidFields with what is wrong with it beside the others."""
    if instead_of is not None and instead_of not in overrides:
        raise InvalidFields([FieldFault("override", GONE)])
    others = [one for one in overrides if one != instead_of]
    if faults := [*override_faults(override), *faults_together(override, others)]:
        raise InvalidFields(faults)
    return [override if one == instead_of else one for one in overrides] if instead_of is not None else [*overrides, override]


async def put_override(transaction: Transaction, override: Override, by: str, *, instead_of: Override | None = None) -> tuple[Changed, ...]:
    """Put an override in force, in the place of another if there is one to be changed. Raises InvalidFields with everything that is wrong."""
    overrides = await read_overrides(transaction)
    return await _store(transaction, with_override(overrides, override, instead_of), by)


async def remove_override(transaction: Transaction, override: Override, by: str) -> tuple[Changed, ...]:
    """Take an override out of force. Raises InvalidFields where somebody else did, or another rests on it."""
    overrides = await read_overrides(transaction)
    if override not in overrides:
        raise InvalidFields([FieldFault("override", GONE)])
    return await _store(transaction, [one for one in overrides if one != override], by)


async def _store(transaction: Transaction, overrides: Sequence[Override], by: str) -> tuple[Changed, ...]:
    """Store them in the place of those that were read locked."""
    await check_names(transaction, overrides)
    value = [override_to_row(one) for one in overrides] or None
    return await change_settings(transaction, [Wanted(MAPPING, OVERRIDES, value)], by)


async def check_names(transaction: Transaction, overrides: Sequence[Override]) -> None:
    """Raise InvalidFields where two custom fields would have one name, so that one's values would stand for the other's."""
    fields = (await read_items(transaction)).custom_fields.values()
    names = Counter(field.name for field in named_custom_fields(fields, overrides).values())
    doubled = {field.name for field in fields if names[field.name] > 1} | {name for name, count in names.items() if count > 1}
    named_by_practice = {one.name for one in of_kind(overrides, CustomFieldOverride)}
    if doubled & named_by_practice:
        raise InvalidFields([FieldFault("name", "Another custom field has this name here already. Choose another.")])
