"""Appointments: the day's and the week's calendar of a location, and one appointment with what can be done about it."""

from datetime import date, timedelta
from itertools import groupby
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form
from starlette.responses import Response

from practicestudio.access.actors import name_actors
from practicestudio.access.rights import Right
from practicestudio.errors import IntegrationError, InvalidValue
from practicestudio.records import Location, Provider
from practicestudio.sync.appointment_page import appointment_page, taken_times
from practicestudio.sync.calendars import Calendar, Row, day_bounds, location_of, read_calendar, table_of
from practicestudio.sync.change_appointment import cancel, take_step
from practicestudio.sync.find_slots import Slot, Wish, find_slots
from practicestudio.sync.look_up import names_of_items
from practicestudio.sync.setup import Setup, setup_of
from practicestudio.web.faults import status_of
from practicestudio.web.guard import PracticeVisit, allowed
from practicestudio.web.rendering import go, page

router = APIRouter(prefix="/practices/{practice}/appointments")
Reader = Annotated[PracticeVisit, allowed(Right.APPOINTMENTS_VIEW)]
Changer = Annotated[PracticeVisit, allowed(Right.APPOINTMENTS_CHANGE)]
View = Literal["day", "week"]


@router.get("")
async def calendar(
    visit: Reader, day: date | None = None, view: View = "day", location: UUID | None = None, provider: UUID | None = None, free: bool = False
) -> Response:
    """The calendar; with the free times only where they are asked for, since athenahealth counts each look."""
    async with visit.transaction() as transaction:
        setup = await setup_of(transaction)
    here = location_of(setup, location) if location else next(iter(open_locations(setup)), None)
    if here is None:
        return page(visit, "appointments.html", calendar=None)
    first = _first(day or visit.services.clock().astimezone(visit.practice.zone).date(), view)
    days = 7 if view == "week" else 1
    slots, fault = await _free(visit, here, first, days, provider) if free else ([], "")
    async with visit.transaction() as transaction:
        shown = await read_calendar(transaction, here.id, first, days, visit.caller.actor, provider_id=provider, free=slots)
        taken = await taken_times(transaction)
        names = await names_of_items(transaction)
    columns, rows = _table(setup, shown, view)
    return page(
        visit,
        "appointments.html",
        calendar=shown,
        columns=columns,
        rows=rows,
        agenda=_agenda(shown),
        view=view,
        provider=provider,
        free=free,
        fault=fault,
        taken=taken,
        names=names,
        locations=open_locations(setup),
        providers=providers_of(setup),
        zone=shown.zone,
        today=visit.services.clock().astimezone(shown.zone).date(),
        before=first - timedelta(days=days),
        after=first + timedelta(days=days),
    )


def _first(day: date, view: View) -> date:
    return day - timedelta(days=day.weekday()) if view == "week" else day


async def _free(visit: PracticeVisit, location: Location, first: date, days: int, provider: UUID | None) -> tuple[list[Slot], str]:
    """Free times, or the sentence that says why athenahealth does not tell."""
    start, end = day_bounds(first, _zone(location))[0], day_bounds(first + timedelta(days=days - 1), _zone(location))[1]
    wish = Wish(location_id=location.id, start=start, end=end, provider_id=provider)
    try:
        return await find_slots(visit.services.doors, visit.services.database, visit.practice.id, wish), ""
    except IntegrationError as error:
        return [], error.sentence


def _zone(location: Location) -> ZoneInfo:
    return ZoneInfo(location.time_zone)


def _table(setup: Setup, shown: Calendar, view: View) -> tuple[list[Any], list[Row]]:
    """The columns of the table and its rows: a day's providers, or a week's days."""
    if view == "week":
        columns: list[Any] = [shown.first + timedelta(days=number) for number in range(shown.days)]
        entries = [[one for one in shown.entries if one.start.date() == day] for day in columns]
        return columns, table_of(entries)
    present = {one.provider_id for one in shown.entries}
    columns = [one for one in providers_of(setup) if one.id in present]
    return columns, table_of([[one for one in shown.entries if one.provider_id == column.id] for column in columns])


def _agenda(shown: Calendar) -> list[dict[str, Any]]:
    """The entries as a list by day, for where there is no room for a table."""
    return [{"day": day, "entries": list(entries)} for day, entries in groupby(shown.entries, key=lambda one: one.start.date())]


def open_locations(setup: Setup) -> list[Location]:
    """The practice's locations that athenahealth still lists, by name."""
    found = [one for external_id, one in setup.items.locations.items() if external_id not in setup.items.closed_locations]
    return sorted(found, key=lambda one: one.name)


def providers_of(setup: Setup) -> list[Provider]:
    """The practice's providers, by name."""
    return sorted(setup.items.providers.values(), key=lambda one: one.name)


@router.get("/{appointment}")
async def show(visit: Reader, appointment: UUID) -> Response:
    """One appointment, and what can be done about it."""
    return await _shown(visit, appointment)


@router.post("/{appointment}/step")
async def step(visit: Changer, appointment: UUID, what: Annotated[Literal["check_in", "check_out"], Form()]) -> Response:
    """The patient has come, or the visit is over."""
    try:
        async with visit.transaction() as transaction:
            await take_step(transaction, appointment, what, visit.caller.actor)
    except InvalidValue as error:
        return await _shown(visit, appointment, error.sentence, status_of(error))
    told = "The patient is checked in." if what == "check_in" else "The patient is checked out."
    return go(visit, f"{visit.root}/appointments/{appointment}", f"{told} athenahealth is being told.")


@router.post("/{appointment}/cancel")
async def call_off(visit: Changer, appointment: UUID, reason: Annotated[str, Form(max_length=500)] = "") -> Response:
    """Cancel, with a reason."""
    if not reason.strip():
        return await _shown(visit, appointment, "Say why it is cancelled; athenahealth keeps the reason.", 422)
    try:
        async with visit.transaction() as transaction:
            await cancel(transaction, appointment, visit.caller.actor, reason=reason.strip())
    except InvalidValue as error:
        return await _shown(visit, appointment, error.sentence, status_of(error))
    return go(visit, f"{visit.root}/appointments/{appointment}", "The appointment is cancelled here, and athenahealth is being told.")


async def _shown(visit: PracticeVisit, appointment: UUID, fault: str = "", status: int = 200) -> Response:
    async with visit.transaction() as transaction:
        shown = await appointment_page(transaction, appointment, visit.caller.actor)
        setup = await setup_of(transaction)
        names = await names_of_items(transaction)
    actors = [event.actor for history in shown.histories.values() for event in history.events]
    record = shown.stored.record
    return page(
        visit,
        "appointment.html",
        status=status,
        shown=shown,
        record=record,
        names=names,
        actors=await name_actors(visit.services.database, actors),
        fault=fault,
        zone=_zone(location_of(setup, record.location_id)) if record.location_id else visit.practice.zone,
    )
