"""Where a person arrives: the practices, and a practice's first page."""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import Response

from practicestudio.access.rights import Right
from practicestudio.web.cookies import THEMES, set_theme
from practicestudio.web.faults import NotFound
from practicestudio.web.guard import PracticeVisit, Visit, allowed, signed_in
from practicestudio.web.rendering import go, page

router = APIRouter()


@router.get("/")
async def arrive(visit: Annotated[Visit, signed_in()]) -> Response:
    """The practices; straight on where there is only one."""
    if len(visit.practices) == 1:
        return go(visit, f"/practices/{visit.practices[0].athena_id}/")
    return page(visit, "practices.html")


@router.get("/practices/{practice}/")
async def home(visit: Annotated[PracticeVisit, allowed(Right.OVERVIEW_VIEW)]) -> Response:
    """A practice's first page."""
    return page(visit, "home.html")


@router.post("/theme")
async def choose_theme(visit: Annotated[Visit, signed_in()], theme: Annotated[str, Form()]) -> Response:
    """Light, dark, or as the machine has it."""
    if theme not in THEMES:
        raise NotFound("There are no such colours.")
    response = Response(status_code=204)
    set_theme(response, theme, visit.services.settings)
    return response
