"""Verifying the audit trail for a person, with an entry of its own that says what came of it."""

from collections.abc import Callable, Sequence
from uuid import UUID

from practicestudio.access import audit
from practicestudio.access.audit import Action, AuditEntry, Origin
from practicestudio.access.audit_chain import Head
from practicestudio.access.audit_verify import Verification, verify
from practicestudio.errors import InvalidValue
from practicestudio.store.database import Database


async def verify_trail(
    database: Database,
    practice_id: UUID,
    by: str,
    *,
    expected: Head | None = None,
    report: Callable[[int, int], None] = lambda done, total: None,
    origin: Origin | None = None,
) -> Verification:
    """Verify the trail of a practice. expected: a head that was noted outside of this database. report: told how many entries of how many."""
    noted: Sequence[tuple[Head, str]] = [(expected, "your note")] if expected else []
    found = await verify(database, practice_id, expected=noted, report=report)
    told = {"entries": (None, found.entries), "head": (None, found.head), "faults": (None, len(found.findings) + found.untold)}
    async with database.practice(practice_id, origin) as transaction:
        await audit.write(transaction, [AuditEntry(Action.PERSON_AUDIT_VERIFY, by, changes=told)])
    return found


def read_head_words(words: str) -> Head:
    """A head as `audit verify` prints it. Raises InvalidValue."""
    try:
        return Head.of_words(words)
    except ValueError:
        raise InvalidValue("A head is a number, a colon and 64 hexadecimal digits.", advice="Give it as `audit verify` prints it.") from None
