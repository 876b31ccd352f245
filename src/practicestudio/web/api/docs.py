"""What the API is, for programs (OpenAPI) and for people: open, for nothing of it is secret."""

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Request
from starlette.responses import Response

from practicestudio.web.api.body import JSON
from practicestudio.web.api.document import INTRODUCTION, TITLE
from practicestudio.web.api.guard import ApiRoute, anybody
from practicestudio.web.api.readable import chapters, shapes
from practicestudio.web.api.refusals import REFUSALS
from practicestudio.web.rendering import open_page
from practicestudio.web.services import Services

router = APIRouter(prefix="/api/v1", route_class=ApiRoute)

AN_HOUR = {"Cache-Control": "public, max-age=3600"}


@router.get("/openapi.json", include_in_schema=False)
async def openapi(request: Request, services: Annotated[Services, anybody()]) -> Response:
    """The API as an OpenAPI 3.1 document."""
    return Response(orjson.dumps(request.app.state.document), media_type=JSON, headers=AN_HOUR)


@router.get("/docs", include_in_schema=False)
async def docs(request: Request, services: Annotated[Services, anybody()]) -> Response:
    """The same for people."""
    document = request.app.state.document
    values: dict[str, Any] = {
        "title": TITLE,
        "introduction": INTRODUCTION,
        "chapters": chapters(document),
        "shapes": shapes(document),
        "refusals": REFUSALS,
    }
    return open_page(request, "api_docs.html", **values)
