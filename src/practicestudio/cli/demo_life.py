"""The demo after its story: people there and staff here go on, feeds are read every minute, and a table shows it until Ctrl-C."""

import asyncio
from random import Random

import httpx2
from rich.console import Group
from rich.live import Live
from rich.text import Text

from practicestudio.cli import demo_view
from practicestudio.cli.demo_stage import Stage, account_of
from practicestudio.cli.output import console, table_of
from practicestudio.clock import now
from practicestudio.delivery.log import Filter, list_messages
from practicestudio.monitor.rounds import make_round
from practicestudio.sync import demo
from practicestudio.sync.schedule_jobs import start_due_jobs

PEOPLE_EVERY, STAFF_EVERY, LOOK_EVERY, SHOW_EVERY = 4.0, 11.0, 3.0, 1.0
"""Seconds between two doings of people there, of staff here, two looks at what is due, two pictures."""

LATEST = {"at": "Time (UTC)", "practice": "Practice", "direction": "", "kind": "Kind", "state": "State", "error": "Why"}


async def live_on(stage: Stage) -> None:
    """Go on until it is interrupted."""
    async with asyncio.TaskGroup() as group:
        group.create_task(_people(stage))
        group.create_task(_staff(stage))
        group.create_task(_schedule(stage))
        group.create_task(_watch(stage))
        group.create_task(_show(stage))


async def _people(stage: Stage) -> None:
    random = Random(1)  # noqa: S311
    while True:
        await asyncio.sleep(PEOPLE_EVERY)
        practice = random.choice(list(stage.practices))
        try:
            await stage.sandbox.make_happen(practice.athena_id, "random")
        except httpx2.HTTPStatusError:  # nothing that can happen came up; it does the next time
            continue


async def _staff(stage: Stage) -> None:
    random = Random(2)  # noqa: S311
    while True:
        await asyncio.sleep(STAFF_EVERY)
        practice = random.choice(list(stage.practices))
        await demo.change_phone(stage.database, practice, str(random.randint(20, stage.sandbox.patients)), f"+1617555{random.randint(100, 199):04}")


async def _schedule(stage: Stage) -> None:
    while True:
        await start_due_jobs(stage.database, now())
        await asyncio.sleep(LOOK_EVERY)


async def _watch(stage: Stage) -> None:
    while True:
        await make_round(stage.database, now())
        await asyncio.sleep(LOOK_EVERY)


async def _show(stage: Stage) -> None:
    with Live(console=console(), auto_refresh=False) as live:
        while True:
            live.update(await _picture(stage), refresh=True)
            await asyncio.sleep(SHOW_EVERY)


async def _picture(stage: Stage) -> Group:
    accounts = [await account_of(stage, practice) for practice in stage.practices]
    latest = []
    for practice in stage.practices:
        async with stage.database.practice(practice.id) as transaction:
            latest += [(one, practice) for one in await list_messages(transaction, Filter(), 8)]
    latest.sort(key=lambda pair: pair[0].id, reverse=True)
    rows = [
        {"at": one.received_at, "practice": practice.athena_id, "direction": one.direction, "kind": one.kind, "state": one.state, "error": one.error}
        for one, practice in latest[:12]
    ]
    return Group(
        table_of([demo_view.summary(account) for account in accounts], demo_view.COLUMNS, title="What was done"),
        table_of(rows, LATEST, title="The latest messages"),
        Text("Ctrl-C ends the demo."),
    )
