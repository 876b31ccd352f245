"""A message's page: its whole story; what it says for those who may see it; and what can be done about it where it failed."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.responses import Response

from practicestudio.access.actors import name_actors
from practicestudio.access.audit_actions import WORDS
from practicestudio.access.rights import Right
from practicestudio.delivery.message import ATTENTION
from practicestudio.errors import InvalidValue, Misconfigured
from practicestudio.sync import handle_errors
from practicestudio.sync.message_story import read_account, read_contents
from practicestudio.web.faults import NotFound
from practicestudio.web.guard import PracticeVisit, allowed
from practicestudio.web.pages.logs import PATH, Watcher
from practicestudio.web.rendering import go, page

router = APIRouter(prefix=f"/practices/{{practice}}{PATH}/messages/{{message}}")

Reader = Annotated[PracticeVisit, allowed(Right.BODIES_VIEW)]
Handler = Annotated[PracticeVisit, allowed(Right.ERRORS_HANDLE)]

PARTS = {"received": "Received from athenahealth", "sent": "Sent to athenahealth", "answer": "athenahealth’s answer"}


@router.get("")
async def message(visit: Watcher, message: UUID) -> Response:
    """The story without what it says."""
    try:
        async with visit.transaction() as transaction:
            account = await read_account(transaction, message)
    except Misconfigured:
        raise NotFound("This practice has no such message, or it is no longer kept.", advice="Go back to the log.") from None
    actors = [account.entry.decided_by, *(effect.actor for effect in account.effects)]
    return page(
        visit,
        "log/message.html",
        account=account,
        entry=account.entry,
        log=visit.root + PATH,
        in_queue=account.entry.state in ATTENTION,
        can_retry=account.entry.state in (*ATTENTION, "waiting"),
        actors=await name_actors(visit.services.database, actors),
        action_words=WORDS,
        contents=None,
        part_words=PARTS,
    )


@router.post("/contents")
async def contents(visit: Reader, message: UUID) -> Response:
    """What it says, what found no place, what it changed; noted in the trail."""
    async with visit.transaction() as transaction:
        found = await read_contents(transaction, message, visit.caller.actor)
    return page(visit, "log/message.html", block="contents", contents=found, part_words=PARTS, log=visit.root + PATH, message_id=message)


@router.post("/retry")
async def retry(visit: Handler, message: UUID) -> Response:
    """Have it worked again, at its old place in its lane."""
    async with visit.transaction() as transaction:
        handled = await handle_errors.retry(transaction, [message], visit.caller.actor)
    notice = "The message is worked again." if handled.ids else "The message is not in the error queue any more; nothing was done."
    return go(visit, f"{visit.root}{PATH}/messages/{message}", notice)


@router.post("/discard")
async def discard(visit: Handler, message: UUID, reason: Annotated[str, Form()] = "") -> Response:
    """Take it out of the error queue for good."""
    if not reason.strip():
        raise InvalidValue("A discarded message needs a reason.", advice="Go back and say why it is not needed.")
    async with visit.transaction() as transaction:
        handled = await handle_errors.discard(transaction, [message], reason, visit.caller.actor)
    notice = "The message is discarded; it stays in the log." if handled.ids else "The message is not in the error queue any more; nothing was done."
    return go(visit, f"{visit.root}{PATH}/messages/{message}", notice)
