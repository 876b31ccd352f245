"""Emergency access: taken with a reason, shown on every page while it lasts."""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import Response

from practicestudio.access.emergency import end_emergency, take_emergency
from practicestudio.access.rights import EMERGENCY, WORDS, Right
from practicestudio.errors import InvalidValue
from practicestudio.web.guard import PracticeVisit, allowed
from practicestudio.web.rendering import go, page

router = APIRouter()

EMERGENCY_PAGE = "/practices/{practice}/emergency"

Takes = Annotated[PracticeVisit, allowed(Right.EMERGENCY_TAKE)]


@router.get(EMERGENCY_PAGE)
async def ask_why(visit: Takes) -> Response:
    """Why?"""
    return _page(visit, "", {})


@router.post(EMERGENCY_PAGE)
async def take(visit: Takes, reason: Annotated[str, Form()] = "") -> Response:
    """Take it."""
    services = visit.services
    try:
        await take_emergency(services.database, visit.caller, visit.practice.id, reason, services.rules, services.clock(), visit.origin)
    except InvalidValue as fault:
        return _page(visit, reason, {"reason": fault.sentence})
    return go(visit, f"{visit.root}/")


@router.post(f"{EMERGENCY_PAGE}/end")
async def end(visit: Takes) -> Response:
    """Give it back."""
    services = visit.services
    await end_emergency(services.database, visit.caller, visit.practice.id, services.clock(), visit.origin)
    return go(visit, f"{visit.root}/", "Your emergency access is over.")


def _page(visit: PracticeVisit, reason: str, faults: dict[str, str]) -> Response:
    words = [WORDS[right] for right in Right if right in EMERGENCY]
    minutes = int(visit.services.rules.emergency.total_seconds() // 60)
    return page(visit, "emergency.html", status=422 if faults else 200, reason=reason, faults=faults, words=words, minutes=minutes)
