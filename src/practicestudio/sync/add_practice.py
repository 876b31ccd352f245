"""Adding a practice, and its first synchronisation."""

from uuid import UUID

from practicestudio.access import audit
from practicestudio.access.audit import Action, AuditEntry
from practicestudio.errors import Misconfigured
from practicestudio.practices import configuration, practice
from practicestudio.practices.credentials import credentials_state
from practicestudio.practices.differences import differences
from practicestudio.practices.practice import Practice, insert_practice, make_room
from practicestudio.store.database import Database, Origin, Transaction
from practicestudio.sync.schedule_jobs import request_job
from practicestudio.sync.setup import setup_of


async def add_practice(database: Database, athena_id: str, name: str, time_zone: str, by: str, *, origin: Origin | None = None) -> Practice:
    """Add a practice with keys of its own, its history and its trail begun. Raises InvalidFields for what cannot be a practice."""
    practice_id = await make_room(database, athena_id, name, time_zone)
    async with database.practice(practice_id, origin) as transaction:
        added = await insert_practice(transaction, athena_id, name, time_zone)
        value = practice.to_value(added)
        change_id = await configuration.note(transaction, practice.SECTION, practice.NAME, None, value, by)
        told = {one.field: (one.before, one.after) for one in differences(practice.SECTION, practice.NAME, None, value)}
        await audit.write(transaction, [AuditEntry(Action.PERSON_PRACTICE_CREATE, by, "setting", change_id, changes=told)])
    return added


async def start_first_pull(transaction: Transaction, by: str) -> UUID:
    """Ask for everything at once: the set-up and every patient, then every appointment near today. Returns the message to watch.

    Appointments come after the patients, for each that names a patient who is not known would cost a call. Raises Misconfigured where the
    practice has no connection or credentials, InvalidValue where its sync rules leave patients out.
    """
    setup = await setup_of(transaction)
    if not setup.connected or await credentials_state(transaction) is None:
        raise Misconfigured("This practice is not connected yet.", advice="Set its connection and credentials, and test them.")
    then = [job for job in ("pull.appointments",) if setup.sync_rules.objection(job) is None]
    message_id = await request_job(transaction, "pull.patients", {"then": then}, urgency="backfill")
    await audit.write(transaction, [AuditEntry(Action.PERSON_SYNC_RUN, by, message_id=message_id, changes={"job": (None, "first pull")})])
    return message_id
