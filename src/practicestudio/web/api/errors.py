"""The error queue: what waits for a person, by cause; worked again or discarded, one or many, with a dry run first."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from practicestudio.access.kept_answers import Answer
from practicestudio.access.rights import Right
from practicestudio.delivery import error_queue
from practicestudio.delivery.counts import count_states
from practicestudio.delivery.error_queue import Handled, groups
from practicestudio.delivery.log import Filter, list_from
from practicestudio.delivery.message import ATTENTION
from practicestudio.sync import handle_errors
from practicestudio.web.api.answers import answer, once, reply
from practicestudio.web.api.described import tells
from practicestudio.web.api.faults import Invalid, Wrong
from practicestudio.web.api.guard import ApiRoute, PracticeCall, allowed_by_key
from practicestudio.web.api.shapes.message import GROUP, HANDLED, Discard, ErrorGroups, ErrorsChosen, HandledShown, Retry

if TYPE_CHECKING:
    from practicestudio.store.database import Transaction

router = APIRouter(prefix="/api/v1/practices/{practice}/errors", tags=["Errors"], route_class=ApiRoute)

AT_A_TIME = 1_000
_FIELDS = tuple(GROUP)


@router.get("", **tells(ErrorGroups, {"items": [GROUP], "total": 12}, "The groups."))
async def list_groups(call: Annotated[PracticeCall, allowed_by_key(Right.MESSAGES_VIEW)]) -> Response:
    """List what waits for a person, by cause.

    The messages of a group are listed by `GET …/messages` with its kind, state and error code.
    """
    async with call.transaction() as transaction:
        found = await groups(transaction)
    items = [{name: getattr(one, name) for name in _FIELDS} for one in found]
    return reply(answer({"items": items, "total": sum(one.count for one in found)}))


@router.post("/retry", **tells(HandledShown, HANDLED, "What was done.", changes=True))
async def retry_many(call: Annotated[PracticeCall, allowed_by_key(Right.ERRORS_HANDLE)], wish: Retry) -> Response:
    """Have messages worked again.

    Begin with `dry_run`. Of a group the oldest thousand are taken; `left` tells how many there still are.
    """

    async def act(transaction: "Transaction") -> Answer:
        ids = await _ids(transaction, wish)
        if wish.dry_run:
            handled = await error_queue.retry(transaction, ids, call.by, dry_run=True)
        else:
            handled = await handle_errors.retry(transaction, ids, call.by)
        return answer(await _shown(transaction, wish, handled))

    return await once(call, act)


@router.post("/discard", **tells(HandledShown, HANDLED, "What was done.", changes=True))
async def discard_many(call: Annotated[PracticeCall, allowed_by_key(Right.ERRORS_HANDLE)], wish: Discard) -> Response:
    """Take messages out of the error queue for good, with a reason. They stay in the log."""

    async def act(transaction: "Transaction") -> Answer:
        ids = await _ids(transaction, wish)
        if wish.dry_run:
            handled = await error_queue.discard(transaction, ids, wish.reason, call.by, dry_run=True)
        else:
            handled = await handle_errors.discard(transaction, ids, wish.reason, call.by)
        return answer(await _shown(transaction, wish, handled))

    return await once(call, act)


async def _ids(transaction: "Transaction", wish: ErrorsChosen) -> Sequence[UUID]:
    if (wish.ids is None) == (wish.group is None):
        raise Invalid("It is not clear which messages are meant.", wrong=[Wrong("/ids", "Give ids or a group, and not both.")])
    if wish.ids is not None:
        return list(dict.fromkeys(wish.ids))
    return [one.id for one in await list_from(transaction, _filter(wish), AT_A_TIME)]


def _filter(wish: ErrorsChosen) -> Filter:
    group = wish.group
    if group is None:
        return Filter(states=ATTENTION)
    return Filter(states=ATTENTION, kinds=[group.kind], error_code=group.error_code, error=group.error)


async def _shown(transaction: "Transaction", wish: ErrorsChosen, handled: Handled) -> dict[str, Any]:
    there = 0 if wish.group is None else sum((await count_states(transaction, _filter(wish))).values())
    left = max(0, there - len(handled.ids)) if wish.dry_run else there
    return {"dry_run": wish.dry_run, "ids": handled.ids, "untouched": handled.untouched, "left": left}
