"""`practicestudio appointment`: free times, and booking, moving, cancelling and checking in."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from practicestudio.cli.options import AsJson, By, PracticeId
from practicestudio.cli.output import say, show_list
from practicestudio.cli.session import Session, person, session_of

if TYPE_CHECKING:
    from practicestudio.practices.practice import Practice
    from practicestudio.store.database import Database, Transaction
    from practicestudio.sync.find_slots import Slot

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Appointments: list, free times, book, reschedule, cancel, check in and out.")

AppointmentId = Annotated[UUID, typer.Argument(metavar="ID", help="Our id of the appointment, as `appointment list` shows it.")]
SlotId = Annotated[str, typer.Option("--slot", metavar="ID", help="The free time's id, as `appointment slots` shows it.")]
Reason = Annotated[str | None, typer.Option(help="Why, in a few words.")]
Day = Annotated[datetime | None, typer.Option(metavar="DATE", formats=["%Y-%m-%d"], help="First day, YYYY-MM-DD; today if left out.")]

TIMES = {"start": "Start (UTC)", "provider": "Provider", "location": "Location", "type": "Type"}
DAYS_SEARCHED = 28


@app.command("list")
def list_(
    context: typer.Context,
    practice: PracticeId,
    day: Day = None,
    days: Annotated[int, typer.Option(min=1, max=366, help="How many days.")] = 1,
    as_json: AsJson = False,
) -> None:
    """List appointments by start. Patients stand there by our id only.

    \b
    Example:
      practicestudio appointment list --practice 195900 --day 2026-11-30 --days 5
    """
    from practicestudio.sync.look_up import look_up_appointments, names_of_items

    async def work(database: "Database", found: "Practice") -> list[dict[str, Any]]:
        start = datetime.combine(_first(day), time(), found.zone)
        async with database.practice(found.id) as transaction:
            names = await names_of_items(transaction)
            listed = await look_up_appointments(transaction, start, start + timedelta(days=days))
        return [{"id": one, "patient_id": record.patient_id, "status": record.status, **_where(record, names)} for one, record in listed]

    rows = session_of(context).on_practice(practice, work)
    show_list(rows, {**TIMES, "status": "Status", "patient_id": "Patient", "id": "Our id"}, as_json=as_json, empty="There is no appointment.")


@app.command("slots")
def slots(
    context: typer.Context,
    practice: PracticeId,
    day: Day = None,
    days: Annotated[int, typer.Option(min=1, max=90, help="How many days.")] = 7,
    as_json: AsJson = False,
) -> None:
    """Ask athenahealth for free times that the practice's rules allow.

    \b
    Example:
      practicestudio appointment slots --practice 195900 --days 3
    """
    from practicestudio.sync.look_up import names_of_items

    session = session_of(context)

    async def work(database: "Database", found: "Practice") -> list[dict[str, Any]]:
        free = await _free(session, database, found, _first(day), days)
        async with database.practice(found.id) as transaction:
            names = await names_of_items(transaction)
        return [{"slot": one.external_id, **_where(one, names)} for one in free]

    show_list(session.on_practice(practice, work), {**TIMES, "slot": "Slot"}, as_json=as_json, empty="There is no free time.")


@app.command("book")
def book(
    context: typer.Context,
    practice: PracticeId,
    patient: Annotated[UUID, typer.Option(metavar="ID", help="Our id of the patient.")],
    slot: SlotId,
    reason: Reason = None,
    by: By = None,
) -> None:
    """Book a free time for a patient; athenahealth is told by a worker.

    \b
    Example:
      practicestudio appointment book --practice 195900 --patient 01a2063c-5b71-7078-a950-39262a5dff85 --slot 443210
    """
    from practicestudio.sync.change_appointment import book as book_slot

    session = session_of(context)

    async def work(database: "Database", found: "Practice") -> UUID:
        chosen = await _slot(session, database, found, slot)
        async with database.practice(found.id) as transaction:
            return await book_slot(transaction, patient, chosen, person(by), reason=reason)

    say(f"Appointment {session.on_practice(practice, work)} is booked here; a worker books it at athenahealth.")


@app.command("reschedule")
def reschedule(context: typer.Context, appointment: AppointmentId, practice: PracticeId, slot: SlotId, reason: Reason = None, by: By = None) -> None:
    """Move an appointment to another free time.

    \b
    Example:
      practicestudio appointment reschedule 01a2063c-5b71-7078-a950-39262a5dff85 --practice 195900 --slot 443211
    """
    from practicestudio.sync.change_appointment import reschedule as move

    session = session_of(context)

    async def work(database: "Database", found: "Practice") -> UUID:
        chosen = await _slot(session, database, found, slot)
        async with database.practice(found.id) as transaction:
            return await move(transaction, appointment, chosen, person(by), reason=reason)

    say(f"It is moved here, and is appointment {session.on_practice(practice, work)} now; a worker moves it at athenahealth.")


@app.command("cancel")
def cancel(context: typer.Context, appointment: AppointmentId, practice: PracticeId, reason: Reason = None, by: By = None) -> None:
    """Cancel an appointment that has not begun.

    \b
    Example:
      practicestudio appointment cancel 01a2063c-5b71-7078-a950-39262a5dff85 --practice 195900 --reason "patient called"
    """
    from practicestudio.sync.change_appointment import cancel as cancel_it

    _change(session_of(context), practice, lambda transaction: cancel_it(transaction, appointment, person(by), reason=reason))


@app.command("check-in")
def check_in(context: typer.Context, appointment: AppointmentId, practice: PracticeId, by: By = None) -> None:
    """Note that the patient has come.

    \b
    Example:
      practicestudio appointment check-in 01a2063c-5b71-7078-a950-39262a5dff85 --practice 195900
    """
    from practicestudio.sync.change_appointment import take_step

    _change(session_of(context), practice, lambda transaction: take_step(transaction, appointment, "check_in", person(by)))


@app.command("check-out")
def check_out(context: typer.Context, appointment: AppointmentId, practice: PracticeId, by: By = None) -> None:
    """Note that the visit is over.

    \b
    Example:
      practicestudio appointment check-out 01a2063c-5b71-7078-a950-39262a5dff85 --practice 195900
    """
    from practicestudio.sync.change_appointment import take_step

    _change(session_of(context), practice, lambda transaction: take_step(transaction, appointment, "check_out", person(by)))


def _change(session: Session, practice: str, step: "Callable[[Transaction], Awaitable[None]]") -> None:
    async def work(database: "Database", found: "Practice") -> None:
        async with database.practice(found.id) as transaction:
            await step(transaction)

    session.on_practice(practice, work)
    say("It is done here; a worker tells athenahealth.")


def _first(day: datetime | None) -> date:
    return (day or datetime.now(UTC)).date()


def _where(one: Any, names: Mapping[UUID, str]) -> dict[str, Any]:
    """Time, provider, location and type of a slot or an appointment, by name."""
    ids = {"provider": one.provider_id, "location": one.location_id, "type": one.appointment_type}
    return {"start": one.start_time, **{name: names.get(item, "") for name, item in ids.items()}}


async def _free(session: Session, database: "Database", practice: "Practice", first: date, days: int) -> "list[Slot]":
    """Free times at all locations, by start."""
    from practicestudio.sync.doors import open_doors
    from practicestudio.sync.find_slots import Wish, find_slots
    from practicestudio.sync.setup import setup_of

    settings = session.settings()
    start = datetime.combine(first, time(), practice.zone)
    async with database.practice(practice.id) as transaction:
        locations = [location.id for location in (await setup_of(transaction)).items.locations.values()]
    async with open_doors(database, ca_file=settings.ca_file, connect=settings.connect_timeout, read=settings.read_timeout) as doors:
        wishes = [Wish(location_id=one, start=start, end=start + timedelta(days=days)) for one in locations]
        found = [slot for wish in wishes for slot in await find_slots(doors, database, practice.id, wish)]
    return sorted(found, key=lambda slot: (slot.start_time, slot.external_id))


async def _slot(session: Session, database: "Database", practice: "Practice", wanted: str) -> "Slot":
    """The free time with this id, looked for a week at a time."""
    from practicestudio.errors import InvalidValue

    today = datetime.now(UTC).date()
    for week in range(0, DAYS_SEARCHED, 7):
        for slot in await _free(session, database, practice, today + timedelta(days=week), 7):
            if slot.external_id == wanted:
                return slot
    raise InvalidValue(f"There is no free time {wanted} in the next {DAYS_SEARCHED} days.", advice="`practicestudio appointment slots` shows them.")
