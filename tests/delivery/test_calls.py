"""The log of calls is listed by endpoint and answer, both ways, with true totals."""

from uuid import UUID

from practicestudio.clock import new_id
from practicestudio.delivery.calls import CallFilter, count_calls, list_calls, read_call_page, read_endpoints, stream_calls
from practicestudio.practices.practice import Practice
from practicestudio.store import sql
from practicestudio.store.database import Database, Transaction

GET, PUT = ("patient.get", "GET", "/v1/{practiceid}/patients/{patientid}"), ("patient.update", "PUT", "/v1/{practiceid}/patients/{patientid}")
CALLS = [(GET, 200, 10.0), (GET, 200, 30.0), (PUT, 400, 20.0), (GET, 503, 20.0), (PUT, None, 5000.0), (("process", None, None), None, 1.0)]


async def call(transaction: Transaction, asked: tuple[str, str | None, str | None], status: int | None, duration: float) -> UUID:
    made = new_id()
    await sql.messages.insert_tries(
        transaction.connection,
        practice_id=transaction.practice_id,
        ids=[made],
        message_ids=[None],
        run_ids=[None],
        operations=[asked[0]],
        methods=[asked[1]],
        path_templates=[asked[2]],
        statuses=[status],
        durations=[duration],
        error_codes=[None if status == 200 else "refused"],
        errors=[None],
        request_ids=[None],
        remaining=[None],
        urgencies=["feed"],
    )
    return made


async def test_calls_are_narrowed_and_counted_by_endpoint_and_answer(database: Database, practice: Practice) -> None:
    async with database.practice(practice.id) as transaction:
        made = [await call(transaction, *one) for one in CALLS]
        for chosen, wanted in [
            (CallFilter(), [0, 1, 2, 3, 4]),
            (CallFilter(operation="patient.update"), [2, 4]),
            (CallFilter(path_template=GET[2]), [0, 1, 2, 3, 4]),
            (CallFilter(answers=["5xx"]), [3]),
            (CallFilter(answers=["none", "4xx"]), [2, 4]),
            (CallFilter(error_code="refused", operation="patient.get"), [3]),
            (CallFilter(answers=["3xx"]), []),
        ]:
            expected = sorted((made[n] for n in wanted), reverse=True)
            assert [one.id for one in await list_calls(transaction, chosen)] == expected
            assert [one.id for one in (await read_call_page(transaction, chosen, 9, after=UUID(int=0))).entries] == expected
            [counts] = await count_calls(transaction, chosen)
            assert sum(counts.values()) == len(wanted)
    assert [one.id async for one in stream_calls(database, practice.id, CallFilter(), page=2)] == sorted(made[:5], reverse=True)


async def test_endpoints_tell_how_often_how_well_and_how_fast(database: Database, practice: Practice) -> None:
    async with database.practice(practice.id) as transaction:
        for one in CALLS:
            await call(transaction, *one)
        get, put = await read_endpoints(transaction)
    assert (get.method, get.calls, get.failed, get.mean_ms) == ("GET", 3, 1, 20.0)
    assert (put.operation, put.calls, put.failed) == ("patient.update", 2, 2)


async def test_pages_of_calls_lead_both_ways(database: Database, practice: Practice) -> None:
    async with database.practice(practice.id) as transaction:
        made = sorted([await call(transaction, *one) for one in CALLS[:5]], reverse=True)
        first = await read_call_page(transaction, CallFilter(), 2)
        second = await read_call_page(transaction, CallFilter(), 2, before=first.entries[-1].id)
        back = await read_call_page(transaction, CallFilter(), 2, after=second.entries[0].id)
    assert [one.id for one in (*first.entries, *second.entries)] == made[:4]
    assert (first.newer, first.older, second.newer, second.older) == (False, True, True, True)
    assert (back.entries, back.newer) == (first.entries, False)
