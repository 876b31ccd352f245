"""From a template to an answer: whole pages, and the parts of them that a page asks for again by itself."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from practicestudio.web import record_words, shown, static
from practicestudio.web.cookies import drop_notice, notice_of, set_notice, theme_of
from practicestudio.web.guard import PracticeVisit, Visit
from practicestudio.web.menu import menu_of
from practicestudio.web.services import services_of

TEMPLATES = Path(__file__).parent / "templates"


@cache
def environment() -> Environment:
    """The templates, with everything escaped and nothing undefined."""
    made = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.filters.update({**shown.FILTERS, **record_words.FILTERS})
    made.globals.update(asset=static.address, icon=lambda name: Markup(static.icon(name)))  # noqa: S704 - an installed drawing
    return made


def page(visit: Visit, template: str, /, *, block: str | None = None, status: int = 200, **values: Any) -> HTMLResponse:
    """A page for a person who is signed in.

    template: a file of `templates/`. block: only this block of it, for a page that asks for a part of itself again.
    """
    context = {**_context(visit.request), **_of_visit(visit), **values}
    response = _answer(template, block, status, context)
    if context["notice"] and block is None:
        drop_notice(response)
    return response


def open_page(request: Request, template: str, /, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A page for whoever is not signed in."""
    return _answer(template, None, status, {**_context(request), **values})


def go(visit: Visit, address: str, notice: str = "") -> Response:
    """On to another page after something was done, which the notice says; a script of the page follows by itself."""
    if "HX-Request" in visit.request.headers:
        response: Response = Response(headers={"HX-Redirect": address})
    else:
        response = RedirectResponse(address, 303)
    if notice:
        set_notice(response, notice, visit.services.settings)
    return response


def wants_part(request: Request) -> bool:
    """Whether a script asks for a part of a page."""
    return "HX-Request" in request.headers and "HX-Boosted" not in request.headers


def _answer(template: str, block: str | None, status: int, context: Mapping[str, Any]) -> HTMLResponse:
    found = environment().get_template(template)
    if block is None:
        return HTMLResponse(found.render(context), status)
    return HTMLResponse("".join(found.blocks[block](found.new_context(dict(context)))), status)


def _context(request: Request) -> dict[str, Any]:
    return {
        "request": request,
        "path": request.url.path,
        "theme": theme_of(request),
        "notice": notice_of(request),
        "settings": services_of(request).settings,
        "visit": None,
        "practice": None,
        "zone": None,
        "menu": (),
    }


def _of_visit(visit: Visit) -> dict[str, Any]:
    practice = visit.practice if isinstance(visit, PracticeVisit) else None
    return {
        "visit": visit,
        "practice": practice,
        "root": visit.root if isinstance(visit, PracticeVisit) else "",
        "zone": practice.zone if practice else None,
        "menu": menu_of(visit),
        "csrf": visit.signed_in.csrf,
        "may": visit.may if isinstance(visit, PracticeVisit) else lambda _: False,
    }
