"""Settings > API keys: what programs may do at the practice."""

from datetime import datetime, time, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.responses import Response

from practicestudio.access.actors import name_actors
from practicestudio.access.api_keys import LONGEST_LIFE, list_keys, make_key, revoke_key, scopes_for
from practicestudio.access.rights import PATIENT_DATA, WORDS, Right
from practicestudio.errors import IntegrationError, InvalidValue, NotAllowed
from practicestudio.web.guard import PracticeVisit, allowed
from practicestudio.web.rendering import go, page

router = APIRouter()

KEYS = "/practices/{practice}/settings/keys"
_USUAL = timedelta(days=90)

Manages = Annotated[PracticeVisit, allowed(Right.KEYS_MANAGE)]
Text = Annotated[str, Form()]


@router.get(KEYS)
async def keys(visit: Manages) -> Response:
    """The practice's keys."""
    async with visit.shared() as transaction:
        found = await list_keys(transaction, visit.practice.id)
    names = await name_actors(visit.services.database, {one.made_by for one in found})
    return page(visit, "keys.html", keys=found, names=names, now=visit.services.clock())


@router.get(f"{KEYS}/add")
async def ask_key(visit: Manages) -> Response:
    """What a new key is for."""
    return _add_page(visit, {}, {})


@router.post(f"{KEYS}/add")
async def add_key(visit: Manages, name: Text = "", ends_on: Text = "", scope: Annotated[list[str] | None, Form()] = None) -> Response:
    """Make a key, and show it once."""
    typed = {"name": name, "ends_on": ends_on, "scope": scope or []}
    scopes = frozenset(Right(one) for one in scope or [] if one in set(Right))
    try:
        ends_at = _end_of(visit, ends_on)
        key, token = await make_key(
            visit.services.database, visit.caller, visit.practice.id, name, scopes, ends_at, visit.services.clock(), visit.origin
        )
    except (InvalidValue, NotAllowed) as fault:
        return _add_page(visit, typed, {_field_of(fault): fault.sentence})
    return page(visit, "key_made.html", key=key, token=token)


@router.post(f"{KEYS}/{{key}}/revoke")
async def revoke(visit: Manages, key: UUID) -> Response:
    """Accept a key no more."""
    await revoke_key(visit.services.database, visit.caller, visit.practice.id, key, visit.services.clock(), visit.origin)
    return go(visit, f"{visit.root}/settings/keys", "The key is revoked: its next call is refused.")


def _end_of(visit: PracticeVisit, ends_on: str) -> datetime:
    """The end of that day in the practice's zone."""
    try:
        chosen = datetime.strptime(ends_on, "%Y-%m-%d").date()  # noqa: DTZ007 - a day
    except ValueError:
        raise InvalidValue("The last day is not a date.", advice="Choose one within a year.") from None
    return min(datetime.combine(chosen, time(23, 59, 59), visit.practice.zone), visit.services.clock() + LONGEST_LIFE)


def _field_of(fault: IntegrationError) -> str:
    for mark, name in (("name", "name"), ("day", "ends_on"), ("year", "ends_on")):
        if mark in fault.what:
            return name
    return "scope"


def _add_page(visit: PracticeVisit, typed: dict[str, Any], faults: dict[str, str]) -> Response:
    offered = [(right, WORDS[right], right in PATIENT_DATA) for right in Right if right in scopes_for(visit.caller, visit.practice.id)]
    today = visit.services.clock().astimezone(visit.practice.zone).date()
    days = {"first": today + timedelta(days=1), "usual": today + _USUAL, "last": today + LONGEST_LIFE - timedelta(days=1)}
    return page(visit, "key_add.html", status=422 if faults else 200, typed=typed, faults=faults, offered=offered, days=days)
