"""`practicestudio patient`: look a patient up, and change one."""

from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from practicestudio.cli.options import AsJson, By, PracticeId
from practicestudio.cli.output import say, show_fields, show_json, show_list
from practicestudio.cli.session import person, session_of

if TYPE_CHECKING:
    from practicestudio.practices.practice import Practice
    from practicestudio.records import Patient
    from practicestudio.store.database import Database
    from practicestudio.sync.look_up import Found

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Patients: search, show, change. Whom you look at stands in the audit trail.")

PatientId = Annotated[UUID, typer.Argument(metavar="ID", help="Our id of the patient, as `patient search` shows it.")]
FOUND = {"name": "Name", "date_of_birth": "Born", "status": "Status", "athena_id": "athenahealth", "id": "Our id"}


@app.command("search")
def search(
    context: typer.Context,
    query: Annotated[str, typer.Argument(help="Beginnings of names, a date of birth (YYYY-MM-DD), a phone number, an e-mail address.")],
    practice: PracticeId,
    as_json: AsJson = False,
    by: By = None,
) -> None:
    """Find patients that fit every word, twenty at most.

    \b
    Example:
      practicestudio patient search "jean hill" --practice 195900
    """
    from practicestudio.sync.look_up import search_patients

    async def work(database: "Database", found: "Practice") -> "list[Found]":
        async with database.practice(found.id) as transaction:
            return await search_patients(transaction, query, person(by))

    rows = [_row(one) for one in session_of(context).on_practice(practice, work)]
    show_list(rows, FOUND, as_json=as_json, empty="No patient fits.")


def _row(found: "Found") -> dict[str, Any]:
    patient = found.patient
    name = " ".join(part for part in (patient.first_name, patient.middle_name, patient.last_name, patient.suffix) if part)
    born = patient.date_of_birth.isoformat() if patient.date_of_birth else None
    return {"id": found.id, "name": name, "date_of_birth": born, "status": patient.status, "athena_id": patient.external_id}


@app.command("show")
def show(context: typer.Context, patient: PatientId, practice: PracticeId, as_json: AsJson = False, by: By = None) -> None:
    """Show everything that is known of a patient.

    \b
    Example:
      practicestudio patient show 01a2063c-5b71-7078-a950-39262a5dff85 --practice 195900
    """
    import msgspec

    from practicestudio.sync.look_up import look_up_patient

    async def work(database: "Database", found: "Practice") -> "Found":
        async with database.practice(found.id) as transaction:
            return await look_up_patient(transaction, patient, person(by))

    found = session_of(context).on_practice(practice, work)
    fields: dict[str, Any] = {"id": str(found.id), "merged_into": found.merged_into, **msgspec.to_builtins(found.patient)}
    if as_json:
        show_json(fields)
    else:
        show_fields({name: _short(value) for name, value in fields.items() if value not in (None, [], {})}, as_json=False)


def _short(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_short(one)}" for name, one in value.items() if one not in (None, [], {}))
    if isinstance(value, list):
        return "; ".join(_short(one) for one in value)
    return str(value)


@app.command("change")
def change(
    context: typer.Context,
    patient: PatientId,
    fields: Annotated[list[str], typer.Argument(metavar="FIELD=VALUE...", help="What to set; nothing behind the `=` clears the field.")],
    practice: PracticeId,
    by: By = None,
) -> None:
    """Change fields of a patient here; athenahealth is told by a worker. Parts are named with a dot, such as address.city.

    \b
    Examples:
      practicestudio patient change 01a2063c-5b71-7078-a950-39262a5dff85 --practice 195900 phone_mobile=6175550123
      practicestudio patient change 01a2063c-5b71-7078-a950-39262a5dff85 --practice 195900 address.line1="1 Main St" email=
    """
    from practicestudio.sync.change_patient import change_patient
    from practicestudio.sync.look_up import look_up_patient

    given = dict(_pair(one) for one in fields)

    async def work(database: "Database", found: "Practice") -> None:
        async with database.practice(found.id) as transaction:
            known = await look_up_patient(transaction, patient, person(by))
            await change_patient(transaction, patient, changes_of(known.patient, given), person(by))

    session_of(context).on_practice(practice, work)
    say("The patient is changed here; a worker tells athenahealth.")


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise typer.BadParameter(f"{name or text} needs a value: FIELD=VALUE", param_hint="FIELD=VALUE...")
    return name.strip(), value.strip()


def changes_of(patient: "Patient", given: dict[str, str]) -> dict[str, Any]:
    """The fields of the record that these texts change, as values of the record. Raises InvalidValue for what is no field or no value of one."""
    import msgspec

    from practicestudio.errors import InvalidValue
    from practicestudio.mapping.phones import e164
    from practicestudio.records import Patient

    plain: dict[str, Any] = msgspec.to_builtins(patient)
    for path, text in given.items():
        *parents, name = path.split(".")
        place = plain
        for parent in parents:
            place = place.get(parent) or {}
        if name not in place or isinstance(place[name], dict | list):
            raise InvalidValue(f"A patient has no single value named {path}.", advice="`practicestudio patient show --json` shows the names.")
        place[name] = (e164(text)[0] or text if name.startswith("phone") else text) or None
    try:
        changed = msgspec.convert(plain, Patient, strict=False)
    except msgspec.ValidationError:
        raise InvalidValue("One of the values is not one that its field can have.", advice="Dates are YYYY-MM-DD, flags true or false.") from None
    names = {path.partition(".")[0] for path in given}
    return {name: getattr(changed, name) for name in sorted(names)}
