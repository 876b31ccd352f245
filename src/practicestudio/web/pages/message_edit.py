"""Correcting a message that failed: what it says as text, checked and compared with the original before it is sent again."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, Form
from starlette.responses import Response

from practicestudio.access.rights import Right
from practicestudio.delivery.message import ATTENTION
from practicestudio.delivery.story import read_entry
from practicestudio.errors import InvalidValue
from practicestudio.sync import handle_errors
from practicestudio.sync.message_story import read_contents
from practicestudio.web.guard import PracticeVisit, allowed
from practicestudio.web.pages.logs import PATH
from practicestudio.web.rendering import go, page

router = APIRouter(prefix=f"/practices/{{practice}}{PATH}/messages/{{message}}/edit")

Editor = Annotated[PracticeVisit, allowed(Right.ERRORS_EDIT)]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a comparison: taken away, added, or as it was."""

    sign: Literal["-", "+", " "]
    text: str


@router.get("")
async def edit(visit: Editor, message: UUID) -> Response:
    """The message as text."""
    original, entry = await _original(visit, message)
    return page(visit, "errors/edit.html", entry=entry, text=original, faults={}, lines=None, log=visit.root + PATH)


@router.post("")
async def check_or_send(visit: Editor, message: UUID, text: Annotated[str, Form()] = "", step: Annotated[str, Form()] = "check") -> Response:
    """Check what was typed and show how it differs; and, once that was seen, have the copy worked."""
    original, entry = await _original(visit, message)
    text = text.replace("\r\n", "\n")
    faults = faults_of(original, text)
    if faults or step != "send":
        lines = None if faults else compare(original, text)
        return page(
            visit, "errors/edit.html", status=422 if faults else 200, entry=entry, text=text, faults=faults, lines=lines, log=visit.root + PATH
        )
    async with visit.transaction() as transaction:
        copy = await handle_errors.edit_and_retry(transaction, message, wire_of(original, text), visit.caller.actor)
    return go(visit, f"{visit.root}{PATH}/messages/{copy}", "The corrected copy is worked now; the original is kept and linked.")


async def _original(visit: PracticeVisit, message: UUID) -> tuple[str, object]:
    async with visit.transaction() as transaction:
        entry = await read_entry(transaction, message)
        if entry.state not in ATTENTION:
            raise InvalidValue("This message is not in the error queue, so it cannot be edited.", advice="Only failed and parked messages can be.")
        contents = await read_contents(transaction, message, visit.caller.actor)
    return contents.bodies.get("received" if entry.direction == "in" else "sent", ""), entry


def faults_of(original: str, text: str) -> dict[str, str]:
    """What keeps a text from being sent: it must be JSON where the original is, and say something else. Pure."""
    if _json(original) is not None:
        try:
            orjson.loads(text)
        except orjson.JSONDecodeError as error:
            return {"text": f"This is no JSON: line {error.lineno}, column {error.colno}. Check commas, quotes and brackets there."}
    if not text.strip():
        return {"text": "The message would be empty. Discard it instead, if it is not needed."}
    return (
        {"text": "Nothing differs from the original. To send it as it is, retry it."}
        if wire_of(original, text) == wire_of(original, original)
        else {}
    )


def wire_of(original: str, text: str) -> bytes:
    """The text as it crosses the wall: JSON without spaces, HL7 with its segments ended by carriage returns, anything else as typed. Pure."""
    if _json(original) is not None:
        return orjson.dumps(orjson.loads(text))
    if original.startswith(("MSH|", "FHS|", "BHS|")):
        return text.replace("\n", "\r").encode()
    return text.encode()


def compare(original: str, text: str) -> Sequence[Line]:
    """Line by line, both in the same form, with two lines around what differs. Pure."""
    ours, theirs = (_shaped(one, original).splitlines() for one in (original, text))
    found = list(difflib.unified_diff(ours, theirs, n=2, lineterm=""))[2:]
    signs: dict[str, Literal["-", "+", " "]] = {"-": "-", "+": "+"}
    return [Line(signs.get(line[0], " "), "…" if line.startswith("@@") else line[1:]) for line in found]


def _shaped(text: str, original: str) -> str:
    return orjson.dumps(orjson.loads(text), option=orjson.OPT_INDENT_2).decode() if _json(original) is not None else text


def _json(text: str) -> object | None:
    try:
        found: object = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return found
