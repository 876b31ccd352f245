"""Taking messages into the log: sealed and stored, each in its lane, before anything is acknowledged, processed or sent."""

from collections.abc import Sequence
from uuid import UUID

from practicestudio.clock import new_id
from practicestudio.delivery.message import URGENCIES, NewMessage
from practicestudio.store import sql
from practicestudio.store.database import Transaction, rows
from practicestudio.store.sealing import Sealer


def lane_of(sealer: Sealer, about: str) -> int:
    """The lane of what this is about: a blind index, for an id of athenahealth's identifies a person."""
    return sealer.index("lane", about)


async def accept(transaction: Transaction, messages: Sequence[NewMessage]) -> list[UUID]:
    """Store messages in their order; they are safe when the caller's transaction commits. Returns their ids.

    Lanes are locked first and in one order, so that two callers never wait for each other in a ring, and so that the order of a lane is the
    order in which its messages were committed.
    """
    if not messages:
        return []
    connection, practice_id, sealer = transaction.connection, transaction.practice_id, transaction.sealer
    ids = [new_id() for _ in messages]
    lanes = [lane_of(sealer, message.about) for message in messages]
    urgencies = [URGENCIES.index(message.urgency) for message in messages]
    await _enter_lanes(transaction, ids, lanes, urgencies, [message.direction == "out" for message in messages])
    await sql.messages.insert_messages(
        connection,
        practice_id=practice_id,
        ids=ids,
        directions=[m.direction for m in messages],
        doors=[m.door for m in messages],
        kinds=[m.kind for m in messages],
        lanes=lanes,
        urgencies=urgencies,
        record_ids=[m.record_id for m in messages],
        run_ids=[m.run_id for m in messages],
        cause_ids=[m.cause_id for m in messages],
        retry_ofs=[m.retry_of for m in messages],
        fingerprints=[_fingerprint(sealer, m) if m.rereadable else None for m in messages],
        asked=[m.asked for m in messages],
    )
    parts = ["received" if message.direction == "in" else "sent" for message in messages]
    await store_bodies(transaction, [(message_id, part, m.body) for message_id, part, m in zip(ids, parts, messages, strict=True)])
    return ids


async def accept_once(transaction: Transaction, messages: Sequence[NewMessage], since: UUID) -> list[UUID]:
    """Store those messages whose like was not stored since the id `since`: for what is read a second time after a crash."""
    return await accept(transaction, await unknown(transaction, messages, since))


async def unknown(transaction: Transaction, messages: Sequence[NewMessage], since: UUID) -> list[NewMessage]:
    """Those of these (rereadable) messages whose like was not stored since the id `since`."""
    prints = [_fingerprint(transaction.sealer, message) for message in messages]
    found = sql.messages.known_fingerprints(transaction.connection, practice_id=transaction.practice_id, fingerprints=prints, since=since)
    known = {row[0] for row in await rows(found)}
    return [message for message, mark in zip(messages, prints, strict=True) if mark not in known]


def _fingerprint(sealer: Sealer, message: NewMessage) -> UUID:
    return sealer.identity(f"fingerprint {message.kind} {message.about}", message.body.decode("utf-8", "surrogateescape"))


async def _enter_lanes(
    transaction: Transaction, ids: Sequence[UUID], lanes: Sequence[int], urgencies: Sequence[int], outbound: Sequence[bool]
) -> None:
    entries: dict[int, tuple[UUID, int, bool]] = {}
    for message_id, lane, urgency, out in zip(ids, lanes, urgencies, outbound, strict=True):
        first = entries.get(lane)
        entries[lane] = (message_id, urgency, out) if first is None else (min(first[0], message_id), min(first[1], urgency), first[2])
    await sql.messages.enter_lanes(
        transaction.connection,
        practice_id=transaction.practice_id,
        lanes=list(entries),
        first_ids=[entry[0] for entry in entries.values()],
        urgencies=[entry[1] for entry in entries.values()],
        outbound=[entry[2] for entry in entries.values()],
    )


async def store_bodies(transaction: Transaction, bodies: Sequence[tuple[UUID, str, bytes]]) -> None:
    """Seal and store parts of messages: (message, part, bytes); a part stored again replaces itself."""
    if bodies:
        await sql.messages.insert_bodies(
            transaction.connection,
            practice_id=transaction.practice_id,
            message_ids=[message_id for message_id, _, _ in bodies],
            parts=[part for _, part, _ in bodies],
            sealed=[transaction.sealer.seal(f"message_bodies.{part}", message_id, body) for message_id, part, body in bodies],
        )


def open_body(sealer: Sealer, message_id: UUID, part: str, sealed: bytes) -> bytes:
    """The bytes of one part of a message."""
    return sealer.open(f"message_bodies.{part}", message_id, sealed)
