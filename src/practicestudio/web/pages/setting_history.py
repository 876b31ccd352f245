"""Settings > Integrations > athenahealth > History: every change with who, when and what, and one click back."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from practicestudio.access.actors import name_actors
from practicestudio.access.rights import Right
from practicestudio.errors import InvalidFields, InvalidValue
from practicestudio.sync.change_settings import ChangedMeanwhile
from practicestudio.sync.setting_history import SECTIONS, read_history, take_back
from practicestudio.web.guard import PracticeVisit, allowed
from practicestudio.web.rendering import go, page
from practicestudio.web.sheets import ATHENAHEALTH

router = APIRouter(prefix="/practices/{practice}" + ATHENAHEALTH + "/history")

PAGE = 25


@router.get("")
async def history(
    visit: Annotated[PracticeVisit, allowed(Right.SETTINGS_VIEW)], before: UUID | None = None, section: Annotated[str, Query(max_length=40)] = ""
) -> Response:
    """The newest changes, or those before one."""
    return await _show(visit, before, section)


@router.post("/{change}/take-back")
async def back(visit: Annotated[PracticeVisit, allowed(Right.SETTINGS_CHANGE)], change: UUID) -> Response:
    """Set back what this change changed."""
    try:
        async with visit.transaction() as transaction:
            changed = await take_back(transaction, change, visit.caller.actor)
    except (InvalidFields, ChangedMeanwhile) as error:
        return await _show(visit, None, "", error)
    said = "; ".join(f"{one.field}: {one.after}" for found in changed for one in found.differences[:3])
    return go(visit, f"{visit.root}{ATHENAHEALTH}/history", f"Taken back. {said}")


async def _show(visit: PracticeVisit, before: UUID | None, section: str, refused: InvalidValue | None = None) -> Response:
    wanted = section if section in SECTIONS else ""
    async with visit.transaction() as transaction:
        found = await read_history(transaction, PAGE + 1, before=before, sections=[wanted] if wanted else None)
    names = await name_actors(visit.services.database, (entry.change.changed_by for entry in found))
    return page(
        visit,
        "settings/history.html",
        status=422 if refused else 200,
        entries=found[:PAGE],
        older=found[PAGE - 1].change.id if len(found) > PAGE else None,
        names=names,
        section=wanted,
        sections=SECTIONS,
        first=before is None,
        refused=refused,
    )
