"""`practicestudio keys`: change the keys that everything is kept under, or see how it stands with them."""

from typing import TYPE_CHECKING, Annotated

import typer

from practicestudio.cli.options import AsJson, By
from practicestudio.cli.output import progress, say, show_json, show_list
from practicestudio.cli.session import person, session_of
from practicestudio.errors import Misconfigured

if TYPE_CHECKING:
    from practicestudio.store.database import Database
    from practicestudio.sync.rotate_keys import KeyStatus, Rotation

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The keys that everything is kept under: change them, or see how it stands.")

_BY_HAND = (
    "The key ring comes from the environment, where only you can change it: add a key to `keys` (openssl rand -base64 32 makes one) and start every"
    " process with it; then make it `active`, start every process again, and give this command again."
)


@app.command("rotate")
def rotate(
    context: typer.Context,
    reseal: Annotated[bool, typer.Option("--reseal", help="Also give each practice a new data key, and seal everything anew under it.")] = False,
    drop_old: Annotated[bool, typer.Option("--drop-old", help="Also drop the keys that nothing is kept under any more.")] = False,
    by: By = None,
) -> None:
    """Change the keys while everybody works: a new key in the key file, under which every practice's keys are wrapped anew.

    If it is broken off, give the same command again. A backup of the database made before needs the key file of before: keep a copy as long
    as you keep the backup.

    \b
    Examples:
      practicestudio keys rotate
      practicestudio keys rotate --reseal --drop-old
    """
    from practicestudio.sync.rotate_keys import rotate_keys

    async def work(database: "Database") -> "Rotation":
        with progress("Sealing anew") as report:
            return await rotate_keys(database, person(by), reseal=reseal, drop_old=drop_old, report=report)

    _tell(session_of(context).on_database(work), reseal=reseal, drop_old=drop_old)


@app.command("status")
def status(context: typer.Context, as_json: AsJson = False) -> None:
    """Say which key is in force, and how much is still kept under older ones. No key is shown.

    \b
    Examples:
      practicestudio keys status
      practicestudio keys status --json
    """
    from practicestudio.sync.rotate_keys import read_key_status

    found = session_of(context).on_database(read_key_status)
    if as_json:
        show_json(found)
    else:
        _show(found)


def _tell(done: "Rotation", *, reseal: bool, drop_old: bool) -> None:
    if not done.in_file and not done.rewrapped:
        say(_BY_HAND)
    else:
        say(f"{done.rewrapped} keys of practices are wrapped anew; all are under key {done.key}{' (new)' if done.added else ''}.")
    if reseal:
        say(f"{done.renewed} data keys are new; {done.resealed.values} values are sealed anew.")
    if drop_old:
        say(f"Dropped: {done.dropped} data keys, and of the key file {', '.join(done.dropped_keys) or 'none'}.")
    if broken := done.resealed.broken:
        raise Misconfigured(
            f"{len(broken)} values do not open and stay as they are: {', '.join(broken[:5])}{' …' if len(broken) > 5 else ''}.",
            advice="Restore these rows from a backup, and find out who or what changed them in the database.",
        )


def _show(found: "KeyStatus") -> None:
    source = "the key file" if found.in_file else "the environment"
    wrapped = ", ".join(f"{key} {count}" for key, count in found.wrapped.items())
    say(f"Key {found.key} of {source} is in force; keys of practices under each: {wrapped}.")
    if found.unused:
        say(f"Nothing is under {', '.join(found.unused)}.")
    rows = [
        {"practice": one.practice or "shared", "keys": one.data_keys, "active": one.active, "values": one.values, "old": one.old, "trail": one.trail}
        for one in found.practices
    ]
    columns = {
        "practice": "Practice",
        "keys": "Data keys",
        "active": "In force",
        "values": "Values",
        "old": "Under older keys",
        "trail": "Audit trail, stays",
    }
    show_list(rows, columns, as_json=False)
