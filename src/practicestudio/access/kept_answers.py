"""Answers to requests that must not be carried out twice: kept with the change itself, by the key that asked and the Idempotency-Key it gave.

The Idempotency-Key HTTP header field: datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from practicestudio.clock import new_id
from practicestudio.errors import Permanent, Transient
from practicestudio.store import sql
from practicestudio.store.database import Transaction

KEPT = timedelta(hours=24)


class OtherRequest(Permanent):
    """The Idempotency-Key was used for another request."""

    code = "idempotency_key_reused"
    default_advice = "Give every request a key of its own, and the same one only to a repetition of it."


class UnderWay(Transient):
    """The same request is being carried out at this moment."""

    code = "request_under_way"
    default_advice = "Wait for a second and send it again with the same key."


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it was given."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to carry out one request until the transaction ends. answer: what an earlier one was answered, and then there is nothing to do."""

    key_id: UUID
    token: UUID
    request: UUID
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is sealed of an answer."""

    status: int
    body: str
    headers: dict[str, str] = field(default_factory=dict)


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Kept).decode


async def claim(transaction: Transaction, key_id: UUID, token: str, request: bytes, now: datetime) -> Claim:
    """Claim a request, before anything is done for it; whoever claims the same meanwhile is told UnderWay.

    token: the Idempotency-Key. request: all that tells this request from another. Raises OtherRequest where the token was used for another one.
    """
    seal = transaction.sealer
    # Two statements, for what is looked for must be looked for after the lock is held.
    if not await sql.api.try_lock(transaction.connection, key=seal.index("api_answer", f"{key_id} {token}")):
        raise UnderWay("The same request is being carried out at this moment.")
    wanted = Claim(key_id, seal.identity("idempotency_key", token), seal.identity("api_request", hashlib.sha256(request).hexdigest()))
    row = await sql.api.kept_answer(transaction.connection, practice_id=transaction.practice_id, key_id=key_id, token=wanted.token, since=now - KEPT)
    if row is None:
        return wanted
    if row[1] != wanted.request:
        raise OtherRequest("This Idempotency-Key was used for another request.")
    kept = _decode(seal.open("api_answers", row[0], row[2]))
    return Claim(key_id, wanted.token, wanted.request, Answer(kept.status, kept.headers, kept.body.encode()))


async def keep(transaction: Transaction, claimed: Claim, answer: Answer, now: datetime) -> None:
    """Keep the answer for a day, in the transaction of the change that it tells of; older ones go."""
    connection, practice_id = transaction.connection, transaction.practice_id
    await sql.api.drop_old_answers(connection, practice_id=practice_id, before=now - KEPT)
    answer_id = new_id()
    plain = _encode(_Kept(answer.status, answer.body.decode(), dict(answer.headers)))
    await sql.api.keep_answer(
        connection,
        practice_id=practice_id,
        key_id=claimed.key_id,
        token=claimed.token,
        id=answer_id,
        request=claimed.request,
        sealed=transaction.sealer.seal("api_answers", answer_id, plain),
    )
