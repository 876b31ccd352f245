"""Pages followed by `next`, held against `totalcount`, while lists change."""

from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from practicestudio.athena.rest import BadAnswer, Shortfall
from practicestudio.athena.rest.answers import Answer
from practicestudio.athena.rest.paging import decide_next, next_offset
from practicestudio.errors import InvalidValue, Misconfigured


class Listing:
    """Patients as athenahealth lists them. before_page: changes the list before a page is made."""

    def __init__(self, count: int, *, links: bool = True, hidden: int = 0, cap: int = 5000) -> None:
        self.ids = list(range(1, count + 1))
        self.links = links
        self.hidden = hidden
        self.cap = cap
        self.before_page: Any = lambda number: None
        self.asked: list[tuple[int, int]] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.before_page(len(self.asked))
        query = request.url.params
        limit, offset = min(int(query["limit"]), self.cap), int(query["offset"])
        self.asked.append((offset, limit))
        seen = self.ids[offset : offset + limit][: limit - self.hidden]
        body: dict[str, Any] = {"patients": [{"patientid": str(one)} for one in seen], "totalcount": str(len(self.ids))}
        if self.links and offset + limit < len(self.ids):
            echoed = urlencode({name.upper(): value for name, value in query.items() if name not in ("limit", "offset")})
            body["next"] = f"/v1/195900/patients?{echoed}&offset={offset + limit}"
        return httpx2.Response(200, json=body)


async def ids(client: Any, **options: Any) -> list[int]:
    return [int(item["patientid"]) async for page in client.pages("patient.list", query={"departmentid": "1"}, **options) for item in page.items]


@pytest.mark.parametrize("links", [True, False])
async def test_every_page_is_followed_with_or_without_next(athena: Any, connect: Any, links: bool) -> None:
    athena.replies.append(Listing(83, links=links))
    assert await ids(connect().client, page_size=20) == list(range(1, 84))


async def test_the_question_stays_ours_though_next_shouts_it(athena: Any, connect: Any) -> None:
    athena.replies.append(Listing(30))
    await ids(connect().client, page_size=20)
    assert athena.asked() == ("GET", "/v1/195900/patients", {"departmentid": ["1"], "limit": ["20"], "offset": ["20"]})


async def test_a_pull_goes_on_where_it_stopped(athena: Any, connect: Any) -> None:
    athena.replies.append(Listing(83))
    client = connect().client
    async for page in client.pages("patient.list", query={"departmentid": "1"}, page_size=20):
        assert (page.position, page.total, page.next_cursor) == (20, 83, "20")
        break
    assert await ids(client, page_size=20, cursor="20") == list(range(21, 84))


async def test_a_smaller_page_than_asked_for_is_followed_from_its_end(athena: Any, connect: Any) -> None:
    athena.replies.append(Listing(100, cap=30))
    assert await ids(connect().client, page_size=50) == list(range(1, 101))


async def test_a_page_that_holds_back_records_is_an_error_with_the_place_behind_the_gap(athena: Any, connect: Any) -> None:
    athena.replies.append(Listing(60, hidden=3))
    pages = connect().client.pages("patient.list", query={"departmentid": "1"}, page_size=20)
    with pytest.raises(Shortfall, match="3 fewer") as caught:
        await anext(pages)
    assert (caught.value.position, caught.value.cursor) == (17, "20")


async def test_a_list_that_ends_before_its_total_is_an_error(athena: Any, connect: Any) -> None:
    athena.says({"patients": [{"patientid": "1"}], "totalcount": 3})
    athena.says({"patients": [], "totalcount": 3})
    with pytest.raises(Shortfall, match="announced 3 records and gave 1"):
        await ids(connect().client)


async def test_patients_deleted_during_a_pull_hide_no_other_patient(athena: Any, connect: Any) -> None:
    listing = Listing(100)

    def delete(page: int) -> None:
        if page in (2, 4):
            del listing.ids[3:6]

    listing.before_page = delete
    athena.replies.append(listing)
    assert set(await ids(connect().client, page_size=20)) >= set(listing.ids)


async def test_patients_added_during_a_pull_come_too(athena: Any, connect: Any) -> None:
    listing = Listing(40)

    def add(page: int) -> None:
        if page == 1:
            listing.ids += [101, 102]

    listing.before_page = add
    athena.replies.append(listing)
    assert set(await ids(connect().client, page_size=20)) == set(listing.ids)


async def test_a_total_that_is_cut_off_with_the_list_hides_nothing(athena: Any, connect: Any) -> None:
    athena.says({"patients": [{"patientid": "1"}, {"patientid": "2"}], "totalcount": 2})
    athena.says({"patients": [{"patientid": "3"}], "totalcount": 3})
    assert await ids(connect().client, page_size=2) == [1, 2, 3]


async def test_the_most_that_athenahealth_gives_is_never_passed(athena: Any, connect: Any) -> None:
    listing = Listing(1)
    athena.replies.append(listing)
    await ids(connect().client, page_size=100_000)
    assert listing.asked == [(0, 5000)]


@pytest.mark.parametrize(
    "address",
    [
        "/v1/195900/patients?DEPARTMENTID=1",
        "/v1/195900/patients?offset=x",
        pytest.param("/v1/195900/patients?offset=" + "9" * 5000, id="too long"),
        "nonsense",
    ],
)
def test_a_next_that_leads_nowhere_is_no_answer(address: str) -> None:
    with pytest.raises(BadAnswer):
        next_offset(address)


@pytest.mark.parametrize("offset", [0, 5])
def test_a_next_that_leads_back_is_no_answer(offset: int) -> None:
    with pytest.raises(BadAnswer, match="before the end"):
        decide_next(Answer("patient.list", 200, items=[{}] * 5, total=50, next=f"/x?OFFSET={offset}"), 5, 5, None)


def test_next_may_be_absolute_and_say_offset_in_capitals() -> None:
    assert next_offset("https://api.platform.athenahealth.com/v1/195900/patients?DEPARTMENTID=1&OFFSET=1000&LIMIT=271") == 1000


async def test_what_has_no_pages_is_not_paged(connect: Any) -> None:
    with pytest.raises(Misconfigured, match="no pages"):
        await anext(connect().client.pages("ping"))


async def test_a_place_that_no_page_gave_is_refused(connect: Any) -> None:
    with pytest.raises(InvalidValue):
        await anext(connect().client.pages("patient.list", cursor="Zebulon"))


@given(count=st.integers(0, 60), page_size=st.integers(1, 25), links=st.booleans(), cap=st.integers(1, 30))
async def test_no_record_is_lost_or_doubled_whatever_the_pages(count: int, page_size: int, links: bool, cap: int) -> None:
    listing, offset, total = Listing(count, links=links, cap=cap), 0, None
    came: list[str] = []
    for _ in range(200):
        body = listing(httpx2.Request("GET", f"https://x/?limit={page_size}&offset={offset}")).json()
        page = decide_next(
            Answer("patient.list", 200, items=body["patients"], total=int(body["totalcount"]), next=body.get("next")), offset, page_size, total
        )
        came += [item["patientid"] for item in page.items]
        if page.next_cursor is None:
            break
        offset, total = int(page.next_cursor), page.total
    assert came == [str(one) for one in listing.ids]
