"""Patients, appointments, the practice and feeds, in athenahealth's words."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx2
import orjson
import pytest

from practicestudio.athena.rest import Appointments, FeedNotActive, Feeds, Patients, Practice, Purpose
from practicestudio.athena.rest.feeds import eastern_end, eastern_start
from practicestudio.errors import InvalidValue, SlotTaken


async def test_a_purpose_goes_with_every_call(athena: Any, connect: Any) -> None:
    athena.says([{"patientid": "5"}])
    this = connect()
    await Patients(this.client, Purpose(urgency="person")).get("5")
    assert this.calls.calls[-1].urgency == "person"
    assert athena.asked()[2] == {"showcustomfields": ["true"], "showinsurance": ["true"]}


async def test_a_search_goes_where_its_dialect_has_it(athena: Any, connect: Any) -> None:
    athena.says({"patients": [{"patientid": "5"}], "totalcount": 1})
    fields = {"lastname": "Doe", "dob": date(1980, 5, 15)}
    assert await Patients(connect().client).search(fields) == [{"patientid": "5"}]
    assert athena.asked()[1] == "/v1/195900/patients"
    assert athena.asked()[2]["dob"] == ["05/15/1980"]
    await Patients(connect(dialect="guide").client).search(fields)
    assert athena.asked()[1] == "/v1/195900/patients/search"


BOOKING = {"patientid": "5", "departmentid": "1", "providerid": "71", "starttime": "2026-03-02T09:00:00", "duration": 30, "appointmenttypeid": "82"}


async def test_one_booking_is_a_put_on_the_platform_and_a_post_in_the_guides_dialect(athena: Any, connect: Any) -> None:
    athena.says([{"appointmentid": "900", "appointmentstatus": "f"}])
    answer = await Appointments(connect().client).book("900", BOOKING)
    assert answer.fields["appointmentstatus"] == "f"
    assert athena.asked()[:2] == ("PUT", "/v1/195900/appointments/900")
    assert athena.form() == {"patientid": "5", "departmentid": "1", "appointmenttypeid": "82"}
    await Appointments(connect(dialect="guide").client).book("", BOOKING)
    assert athena.asked()[:2] == ("POST", "/v1/195900/appointments/open")
    assert orjson.loads(athena.requests[-1].content) == BOOKING


async def test_a_taken_time_is_said_so(athena: Any, connect: Any) -> None:
    athena.says(b'\n\n{"error":"That appointment time was already booked or not available for booking."}', 409)
    with pytest.raises(SlotTaken, match="already booked"):
        await Appointments(connect().client).book("900", BOOKING)


async def test_slots_of_any_reason_are_asked_where_none_is_named(athena: Any, connect: Any) -> None:
    athena.says({"appointments": [], "totalcount": 0})
    appointments = Appointments(connect().client)
    await appointments.open("1", start=date(2026, 3, 2), providerids=["71", "72"])
    assert athena.asked()[2]["reasonid"] == ["-1"]
    assert athena.asked()[2]["providerid"] == ["71,72"]
    assert athena.asked()[2]["startdate"] == ["03/02/2026"]
    await appointments.open("1", appointmenttypeid="82")
    assert "reasonid" not in athena.asked()[2]


class Diary:
    """Booked appointments as athenahealth lists them: `cut` days and `most` records of a window, whatever is asked, and a total that hides it."""

    def __init__(self, a_day: Callable[[date], int], *, cut: int = 366, most: int = 10_000) -> None:
        self.a_day = a_day
        self.cut = cut
        self.most = most
        self.windows: list[tuple[date, date]] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        query = request.url.params
        first, last = (datetime.strptime(query[name], "%m/%d/%Y").date() for name in ("startdate", "enddate"))  # noqa: DTZ007
        self.windows.append((first, last))
        shown = min(last, first + timedelta(days=self.cut - 1))
        ids = [f"{day}-{number}" for day in days(first, shown) for number in range(self.a_day(day))][: self.most]
        limit, offset = int(query["limit"]), int(query["offset"])
        return httpx2.Response(200, json={"appointments": [{"appointmentid": one} for one in ids[offset : offset + limit]], "totalcount": len(ids)})


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


YEAR = (date(2026, 1, 1), date(2026, 12, 31))


async def booked(client: Any, first: date, last: date, **options: Any) -> list[str]:
    return [item["appointmentid"] async for page in Appointments(client).booked(first, last, "1", **options) for item in page.items]


async def test_a_year_is_asked_in_windows_so_that_nothing_is_cut_off(athena: Any, connect: Any) -> None:
    athena.replies.append(Diary(lambda day: 2, cut=30))
    ids = await booked(connect().client, *YEAR)
    assert len(ids) == len(set(ids)) == 730


async def test_a_window_that_came_back_full_is_asked_in_halves(athena: Any, connect: Any) -> None:
    diary = Diary(lambda day: 12, most=50)
    athena.replies.append(diary)
    ids = await booked(connect().client, date(2026, 3, 2), date(2026, 3, 8), page_size=50)
    assert len(ids) == len(set(ids)) == 7 * 12
    assert diary.windows[0] == (date(2026, 3, 2), date(2026, 3, 8))


async def test_a_day_that_is_full_is_paged(athena: Any, connect: Any) -> None:
    athena.replies.append(Diary(lambda day: 130))
    ids = await booked(connect().client, date(2026, 3, 2), date(2026, 3, 3), page_size=50)
    assert len(ids) == len(set(ids)) == 260


async def test_booked_appointments_go_on_with_the_day_that_was_not_finished(athena: Any, connect: Any) -> None:
    athena.replies.append(Diary(lambda day: 10))
    client = connect().client
    pages = [page async for page in Appointments(client).booked(date(2026, 3, 1), date(2026, 3, 20), "1")]
    assert [page.next_cursor for page in pages] == ["2026-03-08", "2026-03-15", None]
    rest = await booked(client, date(2026, 3, 1), date(2026, 3, 20), cursor="2026-03-15")
    assert {one[:10] for one in rest} == {day.isoformat() for day in days(date(2026, 3, 15), date(2026, 3, 20))}


async def test_a_window_in_its_middle_is_read_again_from_its_start(athena: Any, connect: Any) -> None:
    athena.replies.append(Diary(lambda day: 130))
    pages = [page async for page in Appointments(connect().client).booked(date(2026, 3, 2), date(2026, 3, 2), "1", page_size=50)]
    assert [page.next_cursor for page in pages] == ["2026-03-02", "2026-03-02", None]


async def test_the_practices_name_comes_bare_or_in_a_list(athena: Any, connect: Any) -> None:
    athena.says({"practiceinfo": [{"practiceid": "195900", "name": "Sandbox"}], "totalcount": 1})
    athena.says({"practiceid": "195900", "name": "Sandbox"})
    practice = Practice(connect().client)
    assert (await practice.info())["name"] == (await practice.info())["name"] == "Sandbox"


async def test_lists_of_the_practice_are_read_whole(athena: Any, connect: Any) -> None:
    athena.says({"departments": [{"departmentid": "1"}], "totalcount": 2})
    athena.says({"departments": [{"departmentid": "2"}], "totalcount": 2})
    assert [one["departmentid"] for one in await Practice(connect().client).departments()] == ["1", "2"]


async def test_a_feed_is_asked_for_its_queue_or_for_a_window_in_eastern_time(athena: Any, connect: Any) -> None:
    athena.says({"patients": [{"patientid": "1"}], "totalcount": 1})
    feeds = Feeds(connect().client)
    answer = await feeds.changed("patients", 100)
    assert (answer.items, answer.total) == ([{"patientid": "1"}], 1)
    assert athena.asked()[2] == {"limit": ["100"]}
    await feeds.changed("patients", 100, processed_since=datetime(2026, 7, 1, 12, tzinfo=UTC), processed_until=datetime(2026, 7, 1, 13, 0, 0, 5, UTC))
    assert athena.asked()[2]["showprocessedstartdatetime"] == ["07/01/2026 08:00:00"]
    assert athena.asked()[2]["showprocessedenddatetime"] == ["07/01/2026 09:00:01"]
    await feeds.changed("patients", 100, leave_unprocessed=True)
    assert athena.asked()[2]["leaveunprocessed"] == ["true"]


async def test_only_what_is_not_emptied_by_reading_is_read_from_its_middle(athena: Any, connect: Any) -> None:
    athena.says({"patients": [], "totalcount": 0})
    feeds = Feeds(connect().client)
    with pytest.raises(InvalidValue):
        await feeds.changed("patients", 100, offset=100)
    await feeds.changed("patients", 100, processed_since=datetime(2026, 7, 1, tzinfo=UTC), offset=100)
    assert athena.asked()[2]["offset"] == ["100"]


async def test_a_feed_that_is_not_active_yet_is_tried_later(athena: Any, connect: Any) -> None:
    athena.says(b'\n\n{"error":"Changed messages require setup (subscription) that has not been done."}', 403)
    with pytest.raises(FeedNotActive) as caught:
        await Feeds(connect().client).changed("patients", 100)
    assert "20 minutes" in caught.value.advice


async def test_a_subscription_names_events_and_departments_only_where_given(athena: Any, connect: Any) -> None:
    athena.says({"success": True})
    feeds = Feeds(connect().client)
    await feeds.subscribe("patients")
    assert athena.form() == {}
    await feeds.subscribe("appointments", event="CheckIn", departmentids=["1", "21"])
    assert athena.form() == {"eventname": "CheckIn", "departmentids": "1,21"}
    assert athena.asked()[1] == "/v1/195900/appointments/changed/subscription"


REPEATED = [datetime(2026, 11, 1, 5, 30, tzinfo=UTC), datetime(2026, 11, 1, 6, 30, tzinfo=UTC)]  # 01:30 twice, in New York


@pytest.mark.parametrize("moment", REPEATED)
def test_in_the_hour_that_autumn_repeats_a_window_opens_before_and_closes_after_it(moment: datetime) -> None:
    assert eastern_start(moment) == "11/01/2026 00:59:59"
    assert eastern_end(moment) == "11/01/2026 02:00:00"
