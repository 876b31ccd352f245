"""Settings > Integrations > athenahealth > Field mappings: the rows of each map as they are in force, with what the practice changed."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated

import orjson
from fastapi import APIRouter, Query
from starlette.responses import Response

from practicestudio.access.rights import Right
from practicestudio.mapping import Override, override_to_row
from practicestudio.mapping.in_force import OVERRIDABLE, CodeInForce, RowInForce
from practicestudio.mapping.printed_overrides import PrintedOverride, printed_override
from practicestudio.sync.change_mapping import CustomFieldInForce, MappingInForce, read_mapping
from practicestudio.web.guard import PracticeVisit, allowed
from practicestudio.web.rendering import page, wants_part

MAPPINGS = "/settings/integrations/mappings"
CODES, OWN = "codes", "custom-fields"
router = APIRouter(prefix="/practices/{practice}" + MAPPINGS)


@dataclass(frozen=True, slots=True)
class MarkedOverride:
    """An override as the page shows it. mark: by which a form names it; change: which form changes it."""

    mark: str
    change: str
    printed: PrintedOverride


@dataclass(frozen=True, slots=True)
class MapTab:
    """A map in the list of maps. changed: how many of its rows the practice changed."""

    key: str
    label: str
    changed: int


def mark_of(override: Override) -> str:
    """The name of an override in a form: it changes with the override, so that nobody changes another than the one they saw."""
    return sha256(orjson.dumps(override_to_row(override), option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def change_of(override: Override) -> str:
    """The form that an override is changed with."""
    row = override_to_row(override)
    return "leave_out" if row["override"] == "field" and row["athena"] is None else str(row["override"])


@router.get("")
async def mappings(
    visit: Annotated[PracticeVisit, allowed(Right.SETTINGS_VIEW)],
    map: Annotated[str, Query(max_length=40)] = "patient",
    q: Annotated[str, Query(max_length=80)] = "",
    changed: bool = False,
) -> Response:
    """One map's rows, those that hold the words that are looked for."""
    async with visit.transaction() as transaction:
        found = await read_mapping(transaction)
    tabs = _tabs(found)
    here = map if any(tab.key == map for tab in tabs) else "patient"
    words = q.lower().split()
    rows = next((rows for fields, rows in found.maps if fields.name == here), ())
    tables = [(table, [code for code in codes if _fits_code(code, table.name, words, changed)]) for table, codes in found.tables]
    return page(
        visit,
        "mappings/list.html",
        block="rows" if wants_part(visit.request) else None,
        tabs=tabs,
        here=here,
        q=q,
        changed=changed,
        dialect=found.dialect,
        rows=[row for row in rows if _fits(row, words, changed)],
        tables=[(table, codes) for table, codes in tables if codes] if here == CODES else [],
        custom_fields=[one for one in found.custom_fields if _fits_own(one, words, changed)] if here == OWN else [],
        may_change=here in (*OVERRIDABLE, CODES, OWN) and visit.may(Right.SETTINGS_CHANGE),
        marked=marked,
    )


def marked(overrides: Iterable[Override]) -> list[MarkedOverride]:
    """Overrides for the page."""
    return [MarkedOverride(mark_of(one), change_of(one), printed_override(one, {})) for one in overrides]


def _tabs(found: MappingInForce) -> list[MapTab]:
    tabs = [MapTab(fields.name, fields.name.capitalize(), sum(row.changed for row in rows)) for fields, rows in found.maps]
    codes = sum(code.override is not None for _, codes in found.tables for code in codes)
    own = sum(one.override is not None for one in found.custom_fields)
    return [*tabs[:3], MapTab(CODES, "Codes", codes), MapTab(OWN, "Custom fields", own), *tabs[3:]]


def _fits(row: RowInForce, words: list[str], changed: bool) -> bool:
    text = " ".join(" ".join(one) for one in (row.row, row.declared) if one is not None)
    return (row.changed or not changed) and _holds(text, words)


def _fits_code(code: CodeInForce, table: str, words: list[str], changed: bool) -> bool:
    return (code.override is not None or not changed) and _holds(f"{table} {' '.join(code.code)}", words)


def _fits_own(one: CustomFieldInForce, words: list[str], changed: bool) -> bool:
    names = (one.external_id, *(field.name for field in (one.kept, one.declared) if field))
    return (one.override is not None or not changed) and _holds(" ".join(names), words)


def _holds(text: str, words: list[str]) -> bool:
    plain = text.lower()
    return all(word in plain for word in words)
