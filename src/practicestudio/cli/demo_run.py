"""The course of the demo: start, first pull, people on both sides, everything worked to the end, what it did; and then on until Ctrl-C."""

from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from practicestudio.cli import demo_view
from practicestudio.cli.demo_home import demo_home
from practicestudio.cli.demo_life import live_on
from practicestudio.cli.demo_pages import show_the_way_in, with_free_port
from practicestudio.cli.demo_stage import Stage, account_of, request, set_up, until_idle
from practicestudio.cli.demo_story import find_cast, let_it_happen
from practicestudio.cli.output import say, show_json
from practicestudio.clock import now
from practicestudio.redact import configure_logging
from practicestudio.settings import Settings
from practicestudio.sync import demo
from practicestudio.sync.progress import Crossings

SUBSCRIBE = ("pull.practice", "feed.patients", "feed.appointments")
FORTNIGHT = timedelta(days=14)
"""How far the sandbox's diary is full, back and ahead."""

AT_ONCE = ("worker",)
ON_AND_ON = ("worker", "web")
"""The roles of `serve` that the demo runs; what is due is started by the demo itself."""


async def run_demo(settings: Settings, *, once: bool, as_json: bool, patients: int, home: Path | None) -> None:
    """Show it all. Raises Transient where the work does not come to its end."""
    say("The bundled athenahealth and the database start …")
    async with demo_home(settings, home, throw_away=once) as own:
        configure_logging(own.log_level)
        served = own if once else with_free_port(own)
        async with set_up(served, patients, AT_ONCE if once else ON_AND_ON) as stage:
            if not once:
                await show_the_way_in(served, stage)
            await first_pull(stage)
            await tell_story(stage)
            accounts = [await account_of(stage, practice) for practice in stage.practices]
            if as_json:
                show_json({"practices": [_document(account) for account in accounts]})
            else:
                demo_view.show_accounts(accounts)
                demo_view.show_how_to_look(None if once and home is None else own.home, runs_on=not once)
            if not once:
                await live_on(stage)


async def first_pull(stage: Stage) -> None:
    """Subscribe to the feeds before anything is read; then pull everything, appointments after the patients whom they name."""
    today = now().date()
    fortnight = {"start": (today - FORTNIGHT).isoformat(), "end": (today + FORTNIGHT).isoformat()}
    await request(stage, *SUBSCRIBE)
    await until_idle(stage)
    with demo_view.pull_bars(stage.practices) as bars:
        await request(stage, "pull.patients")
        await until_idle(stage, partial(bars.follow, stage.database, "patients"))
        await request(stage, "pull.appointments", body=fortnight)
        await until_idle(stage, partial(bars.follow, stage.database, "appointments"))


async def tell_story(stage: Stage) -> None:
    """People there, staff here, and then the feeds are read; all of it worked to the end."""
    today = now().date()
    with demo_view.working("People there and staff here change things; some calls go wrong …"):
        for practice in stage.practices:
            cast = await find_cast(stage.sandbox, practice.athena_id, today)
            await let_it_happen(stage.sandbox, practice.athena_id, cast)
            await demo.do_errands(stage.database, stage.doors, practice, cast.errands)
        await until_idle(stage)
        await request(stage, "feed.patients", "feed.appointments")
        await until_idle(stage)


def _document(account: demo_view.Account) -> dict[str, Any]:
    tally = account.tally
    return {
        "practice": account.practice.athena_id,
        "patients": _crossings(tally.patients),
        "appointments": _crossings(tally.appointments),
        "calls": tally.calls,
        "calls_per_record": round(tally.calls_per_record, 3),
        "messages": tally.messages,
        "seconds": round(tally.seconds, 1),
    }


def _crossings(crossings: Crossings) -> dict[str, int]:
    return {"pulled": crossings.pulled, "changed": crossings.changed, "pushed": crossings.pushed}
