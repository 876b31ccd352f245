"""Settings > Integrations > Connectivity Test: run a test and watch it step by step, for one connection or all, and look back at those before."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from practicestudio.access.actors import name_actors
from practicestudio.access.rights import Right
from practicestudio.monitor.connection_tests import ConnectionTest, last_test, list_tests, read_test, running_test
from practicestudio.practices.practice import Practice
from practicestudio.sync.check_connection import STEPS
from practicestudio.sync.jobs import Job, list_jobs
from practicestudio.sync.run_connection_tests import begin_connection_test, finish_connection_test, run_all
from practicestudio.sync.setup import setup_of
from practicestudio.web.background import go_on
from practicestudio.web.guard import PracticeVisit, allowed
from practicestudio.web.menu import INTEGRATIONS
from practicestudio.web.rendering import go, page, wants_part

router = APIRouter(prefix="/practices/{practice}" + INTEGRATIONS + "/connectivity")

KEPT_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Stand:
    """How it stands with one practice's connection. running: the test that is under way; last: the newest that ended."""

    practice: Practice
    connected: bool
    running: ConnectionTest | None
    last: ConnectionTest | None


@router.get("")
async def show(visit: Annotated[PracticeVisit, allowed(Right.CONNECTION_TEST)], before: UUID | None = None, part: str = "") -> Response:
    """The connection's tests; a script asks for what changes while one runs, or for those so far."""
    if not wants_part(visit.request):
        return page(visit, "connectivity.html", **await _now(visit), **await _kept(visit, before))
    if part == "kept":
        return page(visit, "connectivity.html", block="kept", **await _kept(visit, before))
    return page(visit, "connectivity.html", block="now", **await _now(visit))


@router.get("/tests/{test}")
async def show_test(visit: Annotated[PracticeVisit, allowed(Right.CONNECTION_TEST)], test: UUID) -> Response:
    """One test, step by step."""
    async with visit.transaction() as transaction:
        found = await read_test(transaction, test, visit.services.clock())
    names = await _names(visit, [found])
    return page(visit, "connectivity_test.html", test=found, steps=STEPS, names=names, at=visit.services.clock())


@router.post("")
async def begin(visit: Annotated[PracticeVisit, allowed(Right.CONNECTION_TEST)]) -> Response:
    """Test this practice's connection now; the page shows it as it goes."""
    doors = visit.services.doors
    test = await begin_connection_test(doors, visit.practice, visit.caller.actor, origin=visit.origin)
    if test is not None:
        go_on(finish_connection_test(doors, visit.practice, test), "connection_test")
    return go(visit, f"{visit.root}{INTEGRATIONS}/connectivity")


@router.post("/all")
async def begin_all(visit: Annotated[PracticeVisit, allowed(Right.CONNECTION_TEST)]) -> Response:
    """Test every connection that the person may test, a few at a time."""
    mine = [one for one in visit.practices if visit.caller.may(one.id, Right.CONNECTION_TEST)]
    go_on(run_all(visit.services.doors, mine, visit.caller.actor, origin=visit.origin), "connection_tests")
    return go(visit, f"{visit.root}{INTEGRATIONS}/connectivity#all")


async def _now(visit: PracticeVisit) -> dict[str, Any]:
    """What changes while a test runs: this connection's test, and how it stands with all of the person's connections."""
    mine = [one for one in visit.practices if visit.caller.may(one.id, Right.CONNECTION_TEST)]
    stands = [await _stand(visit, one) for one in mine]
    own = next(one for one in stands if one.practice.id == visit.practice.id)
    return {
        "own": own,
        "shown": own.running or own.last,
        "stands": stands,
        "busy": any(one.running for one in stands),
        "steps": STEPS,
        "at": visit.services.clock(),
    }


async def _kept(visit: PracticeVisit, before: UUID | None) -> dict[str, Any]:
    """The tests so far, a page of them."""
    async with visit.transaction() as transaction:
        kept = await list_tests(transaction, visit.services.clock(), before=before, limit=KEPT_SHOWN + 1)
    return {
        "kept": kept[:KEPT_SHOWN],
        "older": kept[KEPT_SHOWN - 1].id if len(kept) > KEPT_SHOWN else None,
        "newer": before is not None,
        "names": await _names(visit, kept),
        "job": await _job(visit),
    }


async def _stand(visit: PracticeVisit, practice: Practice) -> Stand:
    now = visit.services.clock()
    async with visit.services.database.practice(practice.id, origin=visit.origin) as transaction:
        under_way = await running_test(transaction, now)
        running = await read_test(transaction, under_way, now) if under_way else None
        return Stand(practice, (await setup_of(transaction)).connected, running, await last_test(transaction, now))


async def _job(visit: PracticeVisit) -> Job:
    """When tests run by themselves."""
    async with visit.transaction() as transaction:
        return next(one for one in await list_jobs(transaction, visit.services.clock()) if one.name == "connection.test")


async def _names(visit: PracticeVisit, tests: Sequence[ConnectionTest]) -> dict[str, str]:
    return {**await name_actors(visit.services.database, [one.asked_by for one in tests]), "schedule": "The schedule"}
