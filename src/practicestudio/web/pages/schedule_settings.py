"""Settings > Integrations > athenahealth: when jobs run, and the off-peak window as a week."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter
from starlette.responses import Response

from practicestudio.access.rights import Right
from practicestudio.practices.fields import entered
from practicestudio.practices.forms.schedules import DAYS, FIELDS, JOBS, read_schedules, read_window
from practicestudio.practices.schedule import (
    DEFAULTS,
    NIGHT,
    OFF_PEAK,
    SECTION,
    Schedule,
    Window,
    faults_of_window,
    schedules_of,
    window_of,
    window_to_value,
)
from practicestudio.sync.change_settings import Wanted, read_settings
from practicestudio.sync.setup import setup_of
from practicestudio.web.guard import PracticeVisit, allowed
from practicestudio.web.rendering import page
from practicestudio.web.sheets import ATHENAHEALTH, Filled, Sheet, filled, save, sheet_of
from practicestudio.web.week import runs_of, week_of

router = APIRouter(prefix="/practices/{practice}" + ATHENAHEALTH + "/schedules")

PRESETS = ("* * * * *", "*/5 * * * *", "*/15 * * * *", "0 * * * *", "0 */4 * * *", "30 5 * * *", "0 1 * * *", "0 2 * * 6", "0 2 1 * *")


@router.get("")
async def schedules(visit: Annotated[PracticeVisit, allowed(Right.SETTINGS_VIEW)]) -> Response:
    """When jobs run."""
    return await _show(visit)


@router.post("")
async def put_schedules(visit: Annotated[PracticeVisit, allowed(Right.SETTINGS_CHANGE)]) -> Response:
    """Set the window and every job's schedule; one that is as it was by default keeps following the default."""
    sent = await filled(visit.request)
    entries = sent.entries
    window = read_window(entries)
    found = read_schedules(entries, visit.practice.zone, window)
    wanted = [_wanted_window(sent, window), *(_wanted(sent, job, schedule) for job, schedule in found.items())]

    async def show(sheet: Sheet, status: int) -> Response:
        return await _show(visit, sheet, status, (found, window))

    return await save(visit, sent, entries, wanted, show, f"{visit.root}{ATHENAHEALTH}/schedules")


@router.post("/preview")
async def preview(visit: Annotated[PracticeVisit, allowed(Right.SETTINGS_VIEW)]) -> Response:
    """What the week would be with what is entered so far."""
    entries = (await filled(visit.request)).entries
    window = read_window(entries)
    found = read_schedules(entries, visit.practice.zone, window)
    wrong = {fault.field.removesuffix(".cron") for fault in entries.faults}
    usable = {job: Schedule(one.cron, one.off_peak, enabled=False) if job in wrong else one for job, one in found.items()}
    return page(visit, "settings/schedules.html", block="week", **_week(visit, usable, NIGHT if faults_of_window(window) else window))


def _wanted(sent: Filled, job: str, schedule: Schedule) -> Wanted:
    seen = sent.seen.get((SECTION, job))
    value = None if seen is None and schedule == DEFAULTS[job] else asdict(schedule)
    # A value that was stored in part is made whole only when it is changed, so that nothing is told to have changed that did not.
    return sent.wanted(SECTION, job, seen if seen is not None and schedules_of({job: seen})[job] == schedule else value)


def _wanted_window(sent: Filled, window: Window) -> Wanted:
    seen = sent.seen.get((SECTION, OFF_PEAK))
    same = window == (window_of({OFF_PEAK: seen}) if seen else NIGHT)
    return sent.wanted(SECTION, OFF_PEAK, seen if same else window_to_value(window))


async def _show(
    visit: PracticeVisit, sheet: Sheet | None = None, status: int = 200, entered_now: tuple[dict[str, Schedule], Window] | None = None
) -> Response:
    async with visit.transaction() as transaction:
        section = (await read_settings(transaction)).get(SECTION, {})
        allowed_jobs = (await setup_of(transaction)).schedules
    stored, window = schedules_of(section), window_of(section)
    drawn, drawn_window = (stored, window) if entered_now is None or sheet is None or sheet.faults else entered_now
    return page(
        visit,
        "settings/schedules.html",
        status=status,
        sheet=sheet or sheet_of(_entered(stored, window), {(SECTION, name): section.get(name) for name in (*DEFAULTS, OFF_PEAK)}),
        jobs=[(job, *JOBS[job]) for job in DEFAULTS],
        left_out=[job for job in DEFAULTS if job not in allowed_jobs],
        fields={field.name: field for field in FIELDS},
        days=DAYS,
        presets=PRESETS,
        **_week(visit, drawn, drawn_window),
    )


def _entered(schedules: dict[str, Schedule], window: Window) -> dict[str, str | list[str]]:
    found: dict[str, str | list[str]] = {}
    for job in DEFAULTS:
        found |= {f"{job}.{name}": value for name, value in entered(FIELDS, asdict(schedules[job])).items()}
    clocks = window_to_value(window)
    return {
        **found,
        f"{OFF_PEAK}.start": clocks["start"],
        f"{OFF_PEAK}.until": clocks["until"],
        f"{OFF_PEAK}.days": [str(day) for day in window.days],
    }


def _week(visit: PracticeVisit, schedules: dict[str, Schedule], window: Window) -> dict[str, Any]:
    now, zone = visit.services.clock(), visit.practice.zone
    return {"week": week_of(schedules, window, now, zone), "runs": {one.job: one for one in runs_of(schedules, window, now, zone, DEFAULTS)}}
