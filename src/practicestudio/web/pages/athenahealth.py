"""Settings > Integrations > athenahealth: how practices stand, adding one, and setting one up step by step to its first synchronisation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from practicestudio.access.actors import name_actors
from practicestudio.access.caller import EVERYWHERE
from practicestudio.access.rights import Right
from practicestudio.errors import InvalidFields
from practicestudio.monitor.connection_tests import read_test, running_test
from practicestudio.practices.forms import practice as practice_form
from practicestudio.practices.forms import schedules as schedule_forms
from practicestudio.practices.schedule import next_runs
from practicestudio.sync.add_practice import add_practice, start_first_pull
from practicestudio.sync.check_connection import STEPS
from practicestudio.sync.practice_states import read_states
from practicestudio.sync.progress import RECORD_KIND, PullProgress, pull_progress
from practicestudio.sync.run_connection_tests import begin_connection_test, finish_connection_test
from practicestudio.sync.setup import setup_of
from practicestudio.web.background import go_on
from practicestudio.web.guard import PracticeVisit, Visit, allowed, allowed_everywhere
from practicestudio.web.pages.connection_settings import show_set_up
from practicestudio.web.rendering import go, page
from practicestudio.web.sheets import ATHENAHEALTH, Sheet, filled, sheet_of, shown_again

router = APIRouter()


@dataclass(frozen=True, slots=True)
class FirstSync:
    """How far the first synchronisation is, by the kinds of records that it takes; None where it has not come to them yet."""

    kinds: Mapping[str, PullProgress | None]

    @property
    def over(self) -> bool:
        """Everything was read, and everything that was read is worked."""
        return all(one is not None and one.state in ("done", "failed") and one.worked >= one.taken for one in self.kinds.values())


OF_PRACTICE = "/practices/{practice}" + ATHENAHEALTH


@router.get(OF_PRACTICE)
async def overview(visit: Annotated[PracticeVisit, allowed(Right.SETTINGS_VIEW)]) -> Response:
    """How this practice and the others stand."""
    now = visit.services.clock()
    mine = [one for one in visit.practices if visit.caller.may(one.id, Right.SETTINGS_VIEW)]
    states = await read_states(visit.services.database, mine, now)
    state = next(one for one in states if one.practice.id == visit.practice.id)
    async with visit.transaction() as transaction:
        setup = await setup_of(transaction)
    runs = [(schedule_forms.JOBS[job][0], next_runs(one, now, visit.practice.zone, setup.off_peak, 1)) for job, one in setup.schedules.items()]
    names = await name_actors(visit.services.database, [state.credentials.set_by if state.credentials else None])
    coming = sorted(((found[0], label) for label, found in runs if found), key=lambda one: one[0]) if state.connection else []
    may_add = visit.caller.may(EVERYWHERE, Right.SETTINGS_CHANGE)
    return page(visit, "settings/overview.html", state=state, states=states, coming=coming, rules=setup.sync_rules, names=names, may_add=may_add)


@router.get("/practices/add")
async def ask_practice(visit: Annotated[Visit, allowed_everywhere(Right.SETTINGS_CHANGE)]) -> Response:
    """The form for a new practice."""
    return _practice_form(visit, sheet_of({"time_zone": "America/New_York"}, {}))


@router.post("/practices/add")
async def put_practice(visit: Annotated[Visit, allowed_everywhere(Right.SETTINGS_CHANGE)]) -> Response:
    """Add a practice, and go on with its connection."""
    sent = await filled(visit.request)
    entries = sent.entries
    value = practice_form.read(entries)
    try:
        entries.close()
        added = await add_practice(
            visit.services.database, value["athena_id"], value["name"], value["time_zone"], visit.caller.actor, origin=visit.origin
        )
    except InvalidFields as error:
        return _practice_form(visit, shown_again(sent, error.faults), 422)
    return go(visit, f"/practices/{added.athena_id}{ATHENAHEALTH}/setup", f"{added.name} is added. Now say how athenahealth is reached.")


def _practice_form(visit: Visit, sheet: Sheet, status: int = 200) -> Response:
    return page(visit, "settings/add_practice.html", status=status, sheet=sheet, fields=practice_form.FIELDS, step="practice")


@router.get(OF_PRACTICE + "/setup")
async def set_up(visit: Annotated[PracticeVisit, allowed(Right.SETTINGS_CHANGE)], step: str = "") -> Response:
    """What is to be done next to have the practice running; step: one of those before, to look at it again."""
    return await show_set_up(visit, step=step, progress=await _progress(visit))


@router.get(OF_PRACTICE + "/setup/progress")
async def first_sync(visit: Annotated[PracticeVisit, allowed(Right.SETTINGS_CHANGE)]) -> Response:
    """How far the first synchronisation is."""
    return page(visit, "settings/first_sync.html", block="progress", progress=await _progress(visit))


async def _progress(visit: PracticeVisit) -> FirstSync:
    async with visit.transaction() as transaction:
        rules = (await setup_of(transaction)).sync_rules
        kinds = [kind for kind in RECORD_KIND if getattr(rules, kind) != "none"]
        return FirstSync({kind: await pull_progress(transaction, kind) for kind in kinds})


@router.post(OF_PRACTICE + "/setup/first-sync")
async def begin_first_sync(visit: Annotated[PracticeVisit, allowed(Right.SYNC_RUN)]) -> Response:
    """Take everything for the first time."""
    async with visit.transaction() as transaction:
        await start_first_pull(transaction, visit.caller.actor)
    return go(visit, f"{visit.root}{ATHENAHEALTH}/setup")


@router.post(OF_PRACTICE + "/test")
async def begin_test(visit: Annotated[PracticeVisit, allowed(Right.CONNECTION_TEST)]) -> Response:
    """Test the connection; the answer watches it."""
    services = visit.services
    async with visit.transaction() as transaction:
        test = await running_test(transaction, services.clock())
    if test is None:
        test = await begin_connection_test(services.doors, visit.practice, visit.caller.actor, origin=visit.origin)
        if test is not None:
            go_on(finish_connection_test(services.doors, visit.practice, test), "connection_test")
    return await _shown_test(visit, test)


@router.get(OF_PRACTICE + "/test/{test}")
async def watch_test(visit: Annotated[PracticeVisit, allowed(Right.CONNECTION_TEST)], test: UUID) -> Response:
    """The test's steps so far."""
    return await _shown_test(visit, test)


async def _shown_test(visit: PracticeVisit, test: UUID | None) -> Response:
    async with visit.transaction() as transaction:
        now = visit.services.clock()
        found = test or await running_test(transaction, now)
        shown = None if found is None else await read_test(transaction, found, now)
    setting_up = "/setup" in visit.request.headers.get("HX-Current-URL", "")
    response = page(visit, "settings/test_part.html", block="test", test=shown, all_steps=STEPS, setting_up=setting_up)
    if shown is not None and shown.state != "running":
        response.headers["HX-Trigger"] = "connection-tested"
    return response
