"""The practices that a key is for."""

from typing import Annotated, Any

from fastapi import APIRouter
from starlette.responses import Response

from practicestudio.practices.practice import Practice
from practicestudio.sync.setup import setup_of
from practicestudio.web.api.answers import answer, reply
from practicestudio.web.api.described import tells
from practicestudio.web.api.guard import ApiRoute, Call, PracticeCall, any_key, any_scope
from practicestudio.web.api.shapes.practice import PRACTICE, WHOLE, PracticesShown, PracticeWhole

router = APIRouter(prefix="/api/v1", tags=["Practices"], route_class=ApiRoute)


@router.get("/practices", **tells(PracticesShown, {"items": [PRACTICE]}, "The practices."))
async def list_practices(call: Annotated[Call, any_key()]) -> Response:
    """List the practices that the key is for."""
    return reply(answer({"items": [_shown(one) for one in call.practices]}))


@router.get("/practices/{practice}", **tells(PracticeWhole, WHOLE, "The practice."))
async def read_practice(call: Annotated[PracticeCall, any_scope()]) -> Response:
    """Read a practice with its locations, providers and appointment types.

    Patients and appointments name these by the ids that stand here. Any scope will do.
    """
    async with call.transaction() as transaction:
        setup = await setup_of(transaction)
    items = setup.items
    whole = {
        **_shown(call.practice),
        "connected": setup.connected,
        "locations": [{**_named(one, "time_zone"), "closed": one.external_id in items.closed_locations} for one in items.locations.values()],
        "providers": [_named(one, "npi", "schedulable") for one in items.providers.values()],
        "appointment_types": [_named(one, "duration") for one in items.appointment_types.values()],
    }
    return reply(answer(whole))


def _shown(practice: Practice) -> dict[str, Any]:
    return {"id": practice.id, "athena_id": practice.athena_id, "name": practice.name, "time_zone": practice.time_zone}


def _named(item: Any, *also: str) -> dict[str, Any]:
    return {name: getattr(item, name) for name in ("id", "external_id", "name", *also)}
