"""The message log: list, one message with its tries, its bodies, and having it worked again."""

from base64 import b64encode
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from practicestudio.access.audit import Action, AuditEntry, write
from practicestudio.access.kept_answers import Answer
from practicestudio.access.rights import Right
from practicestudio.clock import first_id_at
from practicestudio.delivery.counts import count_states
from practicestudio.delivery.log import Filter, LogEntry, read_page
from practicestudio.delivery.story import read_bodies, read_entry, read_family, read_tries
from practicestudio.errors import Misconfigured
from practicestudio.sync.handle_errors import edit_and_retry, retry
from practicestudio.web.api.answers import answer, once, reply
from practicestudio.web.api.described import tells
from practicestudio.web.api.faults import InTheWay, Invalid, NotThere, Wrong
from practicestudio.web.api.guard import ApiRoute, PracticeCall, allowed_by_key
from practicestudio.web.api.paging import cursor_at, id_at, next_link
from practicestudio.web.api.shapes.message import (
    MESSAGE,
    MESSAGE_ID,
    TRY,
    BodiesShown,
    Corrected,
    Correction,
    MessageFilter,
    MessageShown,
    MessagesPage,
    MessageWhole,
)

if TYPE_CHECKING:
    from practicestudio.store.database import Transaction

router = APIRouter(prefix="/api/v1/practices/{practice}/messages", tags=["Messages"], route_class=ApiRoute)

_FIELDS = tuple(name for name in LogEntry.__dataclass_fields__ if name != "lane")
_FIRST_IDS = datetime(1970, 1, 1, tzinfo=UTC)
_TRY_FIELDS = tuple(TRY)
_RELATED = ("record_id", "patient_id", "run_id", "cause_id", "retry_of")
_WHOLE = {**MESSAGE, "attempts": [TRY], "caused": [], "copies": []}
_COPY = {"message_id": "01a20e60-2222-7a01-9c1d-0a1b2c3d4e5f", "retry_of": MESSAGE_ID}
_BODY = {"part": "sent", "encoding": "utf-8", "content": '{"homephone": "617555"}'}
_WORKED = {**MESSAGE, "state": "received", "error_code": None, "error": None, "finished_at": None}


@router.get("", **tells(MessagesPage, {"items": [MESSAGE], "total": 1, "next_cursor": None}, "The messages that fit."))
async def list_them(call: Annotated[PracticeCall, allowed_by_key(Right.MESSAGES_VIEW)], wish: Annotated[MessageFilter, Query()]) -> Response:
    """List messages, the newest first.

    Messages that come in meanwhile do not shift the pages. The header Link leads to the next one.
    """
    chosen = _filter(wish)
    async with call.transaction() as transaction:
        page = await read_page(transaction, chosen, wish.limit, before=id_at(transaction, wish, wish.cursor))
        total = sum((await count_states(transaction, chosen)).values())
        cursor = cursor_at(transaction, wish, page.entries[-1].id.bytes) if page.older else None
    asked = wish.model_dump(mode="json", exclude_unset=True, exclude={"cursor"})
    link = next_link(f"{call.root}/messages", asked, cursor)
    return reply(answer({"items": [shown(one) for one in page.entries], "total": total, "next_cursor": cursor}, also=link))


@router.get("/{message_id}", **tells(MessageWhole, _WHOLE, "The message."))
async def read(call: Annotated[PracticeCall, allowed_by_key(Right.MESSAGES_VIEW)], message_id: UUID) -> Response:
    """Read a message with its tries."""
    async with call.transaction() as transaction:
        entry = await find_message(transaction, message_id)
        tries, family = await read_tries(transaction, message_id), await read_family(transaction, entry)
        await write(transaction, [AuditEntry(Action.PERSON_MESSAGE_VIEW, call.by, None, entry.record_id, message_id)])
    attempts = [{name: getattr(one, name) for name in _TRY_FIELDS} for one in tries]
    related = {"caused": [one.id for one in family.caused], "copies": [one.id for one in family.copies]}
    return reply(answer({**shown(entry), "attempts": attempts, **related}))


@router.get("/{message_id}/bodies", **tells(BodiesShown, {"items": [_BODY]}, "The bodies."))
async def bodies(call: Annotated[PracticeCall, allowed_by_key(Right.BODIES_VIEW)], message_id: UUID) -> Response:
    """Read a message's bodies: patient data."""
    async with call.transaction() as transaction:
        entry = await find_message(transaction, message_id)
        found = await read_bodies(transaction, message_id)
        await write(transaction, [AuditEntry(Action.PERSON_BODY_VIEW, call.by, None, entry.record_id, message_id)])
    return reply(answer({"items": [_body(part, content) for part, content in found.items()]}))


@router.post("/{message_id}/retry", **tells(MessageShown, _WORKED, "It is worked again.", changes=True))
async def work_again(call: Annotated[PracticeCall, allowed_by_key(Right.ERRORS_HANDLE)], message_id: UUID) -> Response:
    """Have a message of the error queue worked again, at its old place."""

    async def act(transaction: "Transaction") -> Answer:
        await find_message(transaction, message_id)
        if not (await retry(transaction, [message_id], call.by)).ids:
            raise InTheWay("The message is not in the error queue, so it is not worked again.")
        return answer(shown(await find_message(transaction, message_id)))

    return await once(call, act)


@router.post("/{message_id}/edit-and-retry", **tells(Corrected, _COPY, "The copy is worked.", 201, changes=True))
async def correct(call: Annotated[PracticeCall, allowed_by_key(Right.ERRORS_EDIT)], message_id: UUID, wish: Correction) -> Response:
    """Correct a failed message and have the copy worked.

    The original is kept, discarded, and linked.
    """

    async def act(transaction: "Transaction") -> Answer:
        entry = await find_message(transaction, message_id)
        if entry.state not in ("failed", "parked"):
            raise InTheWay("The message is not in the error queue, so it cannot be corrected.")
        copy = await edit_and_retry(transaction, message_id, wish.body.encode(), call.by)
        return answer({"message_id": copy, "retry_of": message_id}, 201, location=f"{call.root}/messages/{copy}")

    return await once(call, act)


def shown(entry: LogEntry) -> dict[str, Any]:
    """A message as a program sees it."""
    return {name: getattr(entry, name) for name in _FIELDS}


async def find_message(transaction: "Transaction", message_id: UUID) -> LogEntry:
    """A message. Raises NotThere where the practice has no such one."""
    try:
        return await read_entry(transaction, message_id)
    except Misconfigured:
        raise NotThere("There is no such message in this practice.") from None


def _filter(wish: MessageFilter) -> Filter:
    named = {name: value for name in _RELATED if (value := getattr(wish, name)) is not None}
    if len(named) > 1:
        wrong = [Wrong(name, "Only one of record_id, patient_id, run_id, cause_id and retry_of can be given.", "query") for name in named]
        raise Invalid("The filter names more than one thing.", wrong=wrong)
    return Filter(
        states=wish.state or None,
        kinds=wish.kind or None,
        direction=wish.direction,
        door=wish.door,
        error_code=wish.error_code,
        since=_id_at(wish.since),
        before=_id_at(wish.before),
        **named,
    )


def _id_at(moment: datetime | None) -> UUID | None:
    """Ids carry the time since 1970; before that there are none."""
    return None if moment is None else first_id_at(max(moment, _FIRST_IDS))


def _body(part: str, content: bytes) -> dict[str, str]:
    try:
        return {"part": part, "encoding": "utf-8", "content": content.decode()}
    except UnicodeDecodeError:
        return {"part": part, "encoding": "base64", "content": b64encode(content).decode()}
