"""Settings > Audit: who did what to whose data, in any order; one entry in full. Looking is noted, too."""

from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from practicestudio.access.actors import name_actors
from practicestudio.access.audit import OF_NO_PRACTICE
from practicestudio.access.audit_actions import GROUPS, WORDS, Action, actions_of
from practicestudio.access.audit_list import FullEntry
from practicestudio.access.audit_order import words_of
from practicestudio.access.caller import EVERYWHERE
from practicestudio.access.rights import Right
from practicestudio.errors import NotAllowed
from practicestudio.sync.look_through_trail import look_at, look_through, place_of_entry
from practicestudio.web.audit_query import PERIODS, TrailQuery
from practicestudio.web.guard import PracticeVisit, allowed
from practicestudio.web.rendering import page

if TYPE_CHECKING:
    from practicestudio.store.database import Transaction

router = APIRouter(prefix="/practices/{practice}/settings/audit")

PAGE = 50
INSTALLATION = "installation"
"""Where the entries stand that belong to no practice, in the address; only who may see every practice's trail sees them."""

COLUMNS = {"at": "When", "actor": "Who", "action": "What", "record": "Record", "via": "From"}
VIA = {
    "web": "Pages", "api": "API", "cli": "Command", "worker": "Worker", "scheduler": "Scheduler", "sealer": "Sealer", "monitor": "Monitor",
    "demo": "Demo", "system": "System",
}  # fmt: skip


@router.get("")
async def list_(visit: Annotated[PracticeVisit, allowed(Right.AUDIT_VIEW)]) -> Response:
    """A page of the trail."""
    return await show_list(visit, TrailQuery.of(visit.request.query_params))


async def show_list(visit: PracticeVisit, asked: TrailQuery, **more: Any) -> Response:
    """The list, with what came of something that was done on it."""
    chosen = asked.filter(visit.services.clock(), visit.practice.zone)
    async with trail_of(visit, asked) as transaction:
        after = await place_of_entry(transaction, asked.last) if asked.last else None
        actor, database = visit.caller.actor, visit.services.database
        found = await look_through(transaction, database, chosen, asked.order, actor, limit=PAGE, after=after)
    values: dict[str, Any] = {
        "asked": asked,
        "found": found.page,
        "names": found.names,
        "people": sorted(found.names.items(), key=lambda one: one[1].casefold()),
        "whole": visit.caller.may(EVERYWHERE, Right.AUDIT_VIEW),
        "actions": [(group, words, sorted(actions_of(group), key=WORDS.__getitem__)) for group, (words, _) in GROUPS.items()],
        "verified": None,
        **shared_words(visit),
        **more,
    }
    return page(visit, "audit.html", **values)


def shared_words(visit: PracticeVisit) -> dict[str, Any]:
    """What the pages of the trail call things."""
    return {
        "address": f"{visit.root}/settings/audit",
        "columns": COLUMNS,
        "periods": PERIODS,
        "via": VIA,
        "words_of": words_of,
        "action_words": WORDS,
    }


def trail_of(visit: PracticeVisit, asked: TrailQuery) -> "AbstractAsyncContextManager[Transaction]":
    """A transaction on the trail that is asked for. Raises NotAllowed for that of the installation."""
    return visit.services.database.practice(trail_id(visit, asked), origin=visit.origin)


def trail_id(visit: PracticeVisit, asked: TrailQuery) -> UUID:
    """Whose trail is asked for. Raises NotAllowed for that of the installation."""
    if asked.where != INSTALLATION:
        return visit.practice.id
    if not visit.caller.may(EVERYWHERE, Right.AUDIT_VIEW):
        raise NotAllowed("The trail of the installation concerns every practice, and you have no such role.")
    return OF_NO_PRACTICE


@router.get("/{entry}")
async def show(visit: Annotated[PracticeVisit, allowed(Right.AUDIT_VIEW)], entry: UUID) -> Response:
    """One entry in full. Values of patients are shown to who may see patients."""
    asked = TrailQuery.of(visit.request.query_params)
    async with trail_of(visit, asked) as transaction:
        full = await look_at(transaction, entry, visit.caller.actor)
    names = await name_actors(visit.services.database, [full.entry.actor])
    hidden = _is_about_patients(full) and not visit.may(Right.PATIENTS_VIEW)
    return page(
        visit, "audit_entry.html", full=full, entry=full.entry, name=names[full.entry.actor], hidden=hidden, asked=asked, **shared_words(visit)
    )


def _is_about_patients(full: FullEntry) -> bool:
    known = Action.__members__.values()
    action = next((one for one in known if one.value == full.entry.action), None)
    return full.entry.about_patient is not None or action is None or action.shows_patient_data
