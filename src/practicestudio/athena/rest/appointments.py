"""Appointments and free slots of one practice, in athenahealth's words."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from practicestudio.athena.rest.answers import Answer, Record
from practicestudio.athena.rest.client import FEED, Errand, Purpose, RestClient
from practicestudio.athena.rest.paging import Page

Fields = Mapping[str, Any]

WINDOW_DAYS = 7
"""Days asked at a time: athenahealth cuts long windows off without a word."""

ANY_REASON = "-1"
NOTHING: Fields = {}


class Appointments:
    """What can be asked about appointments. Field names and values are athenahealth's; ids are text."""

    def __init__(self, client: RestClient, purpose: Purpose = FEED) -> None:
        self._errand = Errand(client, purpose)

    async def open(
        self,
        departmentid: str,
        *,
        start: date | None = None,
        end: date | None = None,
        providerids: Sequence[str] = (),
        appointmenttypeid: str | None = None,
        reasonid: str | None = None,
        also: Fields = NOTHING,
    ) -> list[Record]:
        """Free slots; without a type or reason any reason will do. athenahealth itself leaves out what lies less than 24 hours or more than 90
        days ahead, unless `bypassscheduletimechecks` is asked, and what the application may not book."""
        query = {
            "departmentid": departmentid,
            "startdate": start,
            "enddate": end,
            "providerid": list(providerids) or None,
            "appointmenttypeid": appointmenttypeid,
            "reasonid": reasonid if reasonid or appointmenttypeid else ANY_REASON,
            **also,
        }
        return await self._errand.whole_list("appointment.open", query=query)

    async def is_open(self, slot: Record) -> bool:
        """Whether a slot that was found is still free."""
        day = datetime.strptime(str(slot["date"]), "%m/%d/%Y").date()  # noqa: DTZ007 (a date has no zone)
        also = {"bypassscheduletimechecks": True}
        typeid = str(slot["appointmenttypeid"])
        open_now = await self.open(
            str(slot["departmentid"]), start=day, end=day, providerids=[str(slot["providerid"])], appointmenttypeid=typeid, also=also
        )
        return any(str(one["appointmentid"]) == str(slot["appointmentid"]) for one in open_now)

    async def book(self, appointmentid: str, fields: Fields) -> Answer:
        """Book a free time: patientid, appointmenttypeid or reasonid, and in the guide's dialect the time in words; the appointment is in the
        answer's fields. appointmentid: the free slot's. Raises SlotTaken where someone else was faster."""
        return await self._write("appointment.book", appointmentid, fields)

    async def cancel(self, appointmentid: str, patientid: str, *, reason: str | None = None, reasonid: str | None = None) -> Answer:
        """Cancel; the answer's fields hold status `x`."""
        body = {"patientid": patientid, "cancellationreason": reason, "appointmentcancelreasonid": reasonid}
        return await self._write("appointment.cancel", appointmentid, body)

    async def reschedule(
        self, appointmentid: str, newappointmentid: str, patientid: str, *, reasonid: str | None = None, reason: str | None = None
    ) -> Answer:
        """Move to a free slot. The answer holds the new appointment; the old one gets `rescheduledappointmentid`. Raises SlotTaken."""
        body = {"newappointmentid": newappointmentid, "patientid": patientid, "reasonid": reasonid, "reschedulereason": reason}
        return await self._write("appointment.reschedule", appointmentid, body)

    async def start_check_in(self, appointmentid: str) -> Answer:
        return await self._write("appointment.start_check_in", appointmentid, NOTHING)

    async def check_in(self, appointmentid: str) -> Answer:
        return await self._write("appointment.check_in", appointmentid, NOTHING)

    async def cancel_check_in(self, appointmentid: str) -> Answer:
        return await self._write("appointment.cancel_check_in", appointmentid, NOTHING)

    async def check_out(self, appointmentid: str) -> Answer:
        return await self._write("appointment.check_out", appointmentid, NOTHING)

    async def freeze(self, appointmentid: str, *, frozen: bool) -> Answer:
        """Take a free slot out of reach, or give it back."""
        return await self._write("appointment.freeze", appointmentid, {"freeze": frozen})

    async def update(self, appointmentid: str, fields: Fields) -> Answer:
        """Change type, department or provider of a booked appointment."""
        return await self._write("appointment.update", appointmentid, fields)

    async def get(self, appointmentid: str, *, also: Fields = NOTHING) -> Record:
        """One appointment, whatever its state. Raises NotFound."""
        return (await self._errand.call("appointment.get", path={"appointmentid": appointmentid}, query=also)).fields

    async def of_patient(self, patientid: str, *, also: Fields = NOTHING) -> list[Record]:
        """A patient's appointments, past and cancelled ones with `showpast` and `showcancelled`."""
        return await self._errand.whole_list("patient.appointments", path={"patientid": patientid}, query=also)

    async def notes(self, appointmentid: str) -> list[Record]:
        """Notes of an appointment: noteid, notetext, created, createdby."""
        return (await self._errand.call("appointment.notes", path={"appointmentid": appointmentid})).items

    async def add_note(self, appointmentid: str, text: str, *, on_schedule: bool = False) -> Answer:
        return await self._write("appointment.note.create", appointmentid, {"notetext": text, "displayonschedule": on_schedule})

    async def create_slots(self, fields: Fields) -> Answer:
        """Open free slots: appointmentdate, appointmenttime (a list), departmentid, providerid, and type or reason. The answer's fields hold
        `appointmentids`, id to time."""
        return await self._errand.call("appointment.slots.create", body=fields)

    async def delete_slot(self, appointmentid: str) -> Answer:
        """Remove a free slot."""
        return await self._write("appointment.slots.delete", appointmentid, NOTHING)

    async def booked(
        self,
        start: date,
        end: date,
        departmentid: str,
        *,
        cursor: str | None = None,
        window_days: int = WINDOW_DAYS,
        page_size: int | None = None,
        also: Fields = NOTHING,
    ) -> AsyncIterator[Page]:
        """Booked appointments of the days from start to end (both included) at a department, in pages.

        athenahealth cuts off what is too much for one question and does not say so: it is asked a few days at a time, and where a window comes
        back full its days are asked in halves, down to one day. cursor: a page's next_cursor, the day to go on with; a window that was left
        in its middle is read again from its start.
        """
        first = date.fromisoformat(cursor) if cursor else start
        while first <= end:
            last = min(end, first + timedelta(days=window_days - 1))
            async for page, following in self._window(first, last, departmentid, page_size, also):
                day = following or first
                yield replace(page, next_cursor=None if day > end else day.isoformat())
            first = last + timedelta(days=1)

    async def _window(
        self, first: date, last: date, departmentid: str, page_size: int | None, also: Fields
    ) -> AsyncIterator[tuple[Page, date | None]]:
        """The pages of a window; with the last of them the day that follows it."""
        query = {"departmentid": departmentid, "startdate": first, "enddate": last, **also}
        async for page in self._errand.pages("appointment.booked", query=query, page_size=page_size):
            if page.next_cursor is not None and first < last:
                middle = first + (last - first) // 2
                async for half in self._window(first, middle, departmentid, page_size, also):
                    yield half
                async for half in self._window(middle + timedelta(days=1), last, departmentid, page_size, also):
                    yield half
                return
            yield page, last + timedelta(days=1) if page.next_cursor is None else None

    async def _write(self, name: str, appointmentid: str, body: Fields) -> Answer:
        return await self._errand.call(name, path={"appointmentid": appointmentid}, body=body)
