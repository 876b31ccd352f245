"""`practicestudio audit`: look through the audit trail, verify that nobody touched it, export it."""

import sys
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from practicestudio.access.audit_formats import TrailFormat
from practicestudio.cli.options import AsJson, By, PracticeId
from practicestudio.cli.output import progress, say, show_fields, show_json, show_list
from practicestudio.cli.session import person, session_of

if TYPE_CHECKING:
    from practicestudio.access.audit_list import FullEntry, TrailEntry, TrailFilter
    from practicestudio.access.audit_verify import Verification
    from practicestudio.practices.practice import Practice
    from practicestudio.store.database import Database
    from practicestudio.sync.look_through_trail import NamedPage

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The audit trail: who did what to whose data. Look, verify, export.")

SHARED_WORD = "shared"
COLUMNS = {
    "at": "At (UTC)",
    "name": "Who",
    "words": "What",
    "record_kind": "Record",
    "patient_id": "Patient",
    "via": "Via",
    "emergency": "Emergency",
    "id": "Id",
}
_TIMES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"]

Since = Annotated[datetime | None, typer.Option(metavar="TIME", formats=_TIMES, help="Only since then: ISO 8601, UTC if no zone.")]
Until = Annotated[datetime | None, typer.Option(metavar="TIME", formats=_TIMES, help="Only before then.")]
Actor = Annotated[str | None, typer.Option(metavar="ACTOR", help="Only what this one did, as JSON shows it: person:<id>, key:<id>, athenahealth, …")]
Actions = Annotated[
    list[str] | None, typer.Option("--action", metavar="ACTION", help="Only this: person:patient:view, or a subject such as patient.")
]
Record = Annotated[UUID | None, typer.Option(metavar="ID", help="Only about this record.")]
Patient = Annotated[UUID | None, typer.Option(metavar="ID", help="Only about this patient, appointments and messages too.")]
Emergency = Annotated[bool, typer.Option("--emergency", help="Only what was done by emergency access.")]


@app.command("list")
def list_(
    context: typer.Context,
    practice: PracticeId,
    since: Since = None,
    until: Until = None,
    actor: Actor = None,
    action: Actions = None,
    record: Record = None,
    patient: Patient = None,
    emergency: Emergency = False,
    sort: Annotated[str, typer.Option(metavar="COLUMN", help="at, actor, action, record or via.")] = "at",
    ascending: Annotated[bool, typer.Option("--ascending", help="The other way round: oldest first, a to z.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 50,
    as_json: AsJson = False,
    by: By = None,
) -> None:
    """List entries, the newest first. `--practice shared` lists what belongs to no practice: sign-ins, people, keys. The audit trail notes it.

    \b
    Examples:
      practicestudio audit list --practice 195900 --since 2026-11-01 --action patient
      practicestudio audit list --practice 195900 --emergency --json
    """
    from practicestudio.access.audit_order import COLUMNS as SORTED_BY
    from practicestudio.access.audit_order import Order
    from practicestudio.sync.look_through_trail import look_through

    if sort not in SORTED_BY:
        raise typer.BadParameter(f"a column is one of {', '.join(SORTED_BY)}", param_hint="--sort")
    chosen = _filter(since, until, actor, action, record, patient, emergency)
    order = Order(sort, not ascending)

    async def work(database: "Database", practice_id: UUID, _: str) -> "NamedPage":
        async with database.practice(practice_id) as transaction:
            return await look_through(transaction, database, chosen, order, person(by), limit=limit)

    found = _on(context, practice, work)
    entries = [_line(entry, found.names) for entry in found.page.entries]
    if as_json:
        show_json({"total": found.page.total, "entries": entries})
        return
    show_list(entries, COLUMNS, as_json=False, empty="There are no such entries.")
    if found.page.total > len(entries):
        say(f"{len(entries)} of {found.page.total} entries are shown.")


@app.command("show")
def show(
    context: typer.Context,
    entry: Annotated[UUID, typer.Argument(metavar="ID", help="The entry's id, as `audit list` shows it.")],
    practice: PracticeId,
    as_json: AsJson = False,
    by: By = None,
) -> None:
    """Show one entry with what changed, before and after: patient data. The audit trail notes it.

    \b
    Example:
      practicestudio audit show 01a2063c-5b71-7078-a950-39262a5dff85 --practice 195900
    """
    from practicestudio.access.actors import name_actors
    from practicestudio.sync.look_through_trail import look_at

    async def work(database: "Database", practice_id: UUID, _: str) -> "tuple[FullEntry, dict[str, str]]":
        async with database.practice(practice_id) as transaction:
            found = await look_at(transaction, entry, person(by))
        return found, await name_actors(database, [found.entry.actor])

    full, names = _on(context, practice, work)
    fields = {**_line(full.entry, names), "purpose": full.purpose, "batch": full.batch}
    if as_json:
        show_json({**fields, "changes": full.changes})
        return
    show_fields(fields, as_json=False)
    if full.changes:
        rows = [{"field": field, "before": before, "after": after} for field, (before, after) in full.changes.items()]
        show_list(rows, {"field": "Field", "before": "Before", "after": "After"}, as_json=False)


@app.command("verify")
def verify(
    context: typer.Context,
    practice: Annotated[str | None, typer.Option("--practice", metavar="ID", help="Only this practice; `shared` is what belongs to none.")] = None,
    expect: Annotated[str | None, typer.Option(metavar="HEAD", help="A head that was printed before, which the chain must still hold.")] = None,
    as_json: AsJson = False,
    by: By = None,
) -> None:
    """Verify that no entry was changed, removed, added or moved: of all practices, or of one. Status 1 when something is wrong.

    What it prints as head shows how far the chain goes. Kept elsewhere and given again as `--expect`, it shows whether the end was cut off or
    the whole made anew. The audit trail notes it.

    \b
    Examples:
      practicestudio audit verify
      practicestudio audit verify --practice 195900 --expect 812:5f0c…
    """
    from practicestudio.sync.verify_trail import read_head_words, verify_trail

    if expect and not practice:
        raise typer.BadParameter("a head belongs to a practice: give --practice, too", param_hint="--expect")
    expected = read_head_words(expect) if expect else None

    async def one(database: "Database", practice_id: UUID, name: str) -> "Verification":
        with progress(f"Verifying {name}") as report:
            return await verify_trail(database, practice_id, person(by), expected=expected, report=report)

    async def every(database: "Database") -> "list[tuple[str, Verification]]":
        return [(name, await one(database, practice_id, name)) for practice_id, name in await _everything(database)]

    found = [(practice, _on(context, practice, one))] if practice else session_of(context).on_database(every)
    if as_json:
        show_json([{"practice": name, "sound": each.is_sound, **asdict(each), "per_second": round(each.per_second)} for name, each in found])
    else:
        _tell(found)
    if not all(each.is_sound for _, each in found):
        raise typer.Exit(1)


@app.command("export")
def export(
    context: typer.Context,
    practice: PracticeId,
    since: Since = None,
    until: Until = None,
    actor: Actor = None,
    action: Actions = None,
    record: Record = None,
    patient: Patient = None,
    emergency: Emergency = False,
    form: Annotated[
        TrailFormat, typer.Option("--format", help="CSV with a heading, a JSON object a line, or a FHIR AuditEvent a line.")
    ] = TrailFormat.CSV,
    by: By = None,
) -> None:
    """Write all entries that fit to standard output, the oldest first, however many they are, without the values that changed.

    The audit trail notes it.

    \b
    Example:
      practicestudio audit export --practice 195900 --since 2026-11-01 --until 2026-12-01 --format fhir > november.ndjson
    """
    from practicestudio.sync.export_trail import export_trail

    chosen = _filter(since, until, actor, action, record, patient, emergency)

    async def work(database: "Database", practice_id: UUID, site: str) -> None:
        async with database.practice(practice_id) as transaction:
            pieces = await export_trail(transaction, database, chosen, form, person(by), site=site)
        async for piece in pieces:
            sys.stdout.write(piece.decode())

    _on(context, practice, work)


def _on(context: typer.Context, wanted: str, work: Any) -> Any:
    """Do the work on a practice, or on what belongs to none. work: takes the database, the practice's id, and what it is called."""
    from practicestudio.access.audit import OF_NO_PRACTICE

    if wanted == SHARED_WORD:
        return session_of(context).on_database(lambda database: work(database, OF_NO_PRACTICE, SHARED_WORD))

    async def on_found(database: "Database", found: "Practice") -> Any:
        return await work(database, found.id, found.athena_id)

    return session_of(context).on_practice(wanted, on_found)


async def _everything(database: "Database") -> list[tuple[UUID, str]]:
    from practicestudio.access.audit import OF_NO_PRACTICE
    from practicestudio.practices.practice import list_practices

    return [*((one.id, one.athena_id) for one in await list_practices(database)), (OF_NO_PRACTICE, SHARED_WORD)]


def _filter(
    since: datetime | None,
    until: datetime | None,
    actor: str | None,
    actions: list[str] | None,
    record: UUID | None,
    patient: UUID | None,
    emergency: bool,
) -> "TrailFilter":
    from practicestudio.access.audit_list import TrailFilter

    chosen = _actions(actions) if actions else None
    return TrailFilter(
        since=_aware(since), until=_aware(until), actor=actor, actions=chosen, record_id=record, patient_id=patient, emergency=emergency
    )


def _aware(moment: datetime | None) -> datetime | None:
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)


def _actions(wanted: list[str]) -> Any:
    from practicestudio.access.audit_actions import Action

    found = frozenset(action for action in Action for one in wanted if one in (action.value, action.subject))
    unknown = [one for one in wanted if not any(one in (action.value, action.subject) for action in found)]
    if unknown:
        subjects = ", ".join(sorted({action.subject for action in Action}))
        raise typer.BadParameter(f"there is no {unknown[0]}; the subjects are {subjects}", param_hint="--action")
    return found


def _line(entry: "TrailEntry", names: Any) -> dict[str, Any]:
    from practicestudio.access.audit_order import words_of

    return {**asdict(entry), "name": names.get(entry.actor, entry.actor), "words": words_of(entry.action), "patient_id": entry.about_patient}


def _tell(found: "list[tuple[str, Verification]]") -> None:
    for name, each in found:
        faults = len(each.findings) + each.untold
        verdict = "sound" if each.is_sound else f"{faults} {'fault' if faults == 1 else 'faults'}"
        sys.stdout.write(
            f"{name}: {verdict}; {each.entries} entries in {each.batches} batches, {each.pending} still to be sealed; head {each.head}\n"
        )
        for finding in each.findings:
            sys.stdout.write(f"  {finding.fault}: {finding.sentence}\n")
        if each.untold:
            sys.stdout.write(f"  and {each.untold} more\n")
