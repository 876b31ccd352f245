"""Settings > Integrations > athenahealth: a practice's connection, credentials and limits."""

from dataclasses import dataclass, replace
from typing import Annotated, Any, get_args

from fastapi import APIRouter
from starlette.responses import Response

from practicestudio.access.actors import name_actors
from practicestudio.access.rights import Right
from practicestudio.errors import InvalidFields
from practicestudio.practices.connection import NAME, SECTION, Connection, from_value, to_value
from practicestudio.practices.fields import entered
from practicestudio.practices.forms import connection as form
from practicestudio.practices.forms import credentials as credentials_form
from practicestudio.practices.forms import practice as practice_form
from practicestudio.practices.practice import NAME as PRACTICE
from practicestudio.practices.practice import SECTION as OF_PRACTICE
from practicestudio.practices.practice import to_value as practice_value
from practicestudio.sync.practice_states import SetUpStep, read_state
from practicestudio.sync.set_up_connection import current_connection, forget_tokens, put_credentials
from practicestudio.web.guard import PracticeVisit, allowed
from practicestudio.web.rendering import go, page
from practicestudio.web.sheets import ATHENAHEALTH, Filled, Sheet, filled, on_to, save, sheet_of, shown_again

router = APIRouter(prefix="/practices/{practice}" + ATHENAHEALTH)

SET_UP_STEPS = get_args(SetUpStep)


@dataclass(frozen=True, slots=True)
class Forms:
    """The forms of the page as they came back; those that did not are filled in from what is stored."""

    practice: Sheet | None = None
    connection: Sheet | None = None
    credentials: Sheet | None = None


NONE_SENT = Forms()


@router.get("/connection")
async def connection(visit: Annotated[PracticeVisit, allowed(Right.SETTINGS_VIEW)]) -> Response:
    """How the practice reaches athenahealth, and what proves who we are."""
    return await show_connection(visit)


@router.post("/practice")
async def put_practice(visit: Annotated[PracticeVisit, allowed(Right.SETTINGS_CHANGE)]) -> Response:
    """Another name or time zone."""
    sent = await filled(visit.request)
    entries = sent.entries
    value = practice_form.read(entries, visit.practice.athena_id)

    async def show(sheet: Sheet, status: int) -> Response:
        return await show_connection(visit, Forms(practice=sheet), status)

    return await save(visit, sent, entries, [sent.wanted(OF_PRACTICE, PRACTICE, value)], show, f"{visit.root}{ATHENAHEALTH}/connection")


@router.post("/connection")
async def put_connection(visit: Annotated[PracticeVisit, allowed(Right.SETTINGS_CHANGE)]) -> Response:
    """Set how the practice reaches athenahealth."""
    sent = await filled(visit.request)
    entries = sent.entries
    value = to_value(form.read_connection(entries, _seen(sent)))

    async def show(sheet: Sheet, status: int) -> Response:
        return await _shown_again(visit, sent, Forms(connection=sheet), status, "connection")

    response = await save(visit, sent, entries, [sent.wanted(SECTION, NAME, value)], show, f"{visit.root}{ATHENAHEALTH}/connection")
    await forget_tokens(visit.services.database, visit.practice)
    return response


@router.post("/credentials")
async def put_new_credentials(visit: Annotated[PracticeVisit, allowed(Right.CREDENTIALS_CHANGE)]) -> Response:
    """Set what proves who we are; what is left empty stays."""
    sent = await filled(visit.request)
    entries = sent.entries
    known, credentials = await current_connection(visit.services.database, visit.practice)
    found = credentials_form.read(entries, known.auth if known else "basic", credentials)
    try:
        entries.close()
        changed = await put_credentials(visit.services.database, visit.practice, found, visit.caller.actor, origin=visit.origin)
    except InvalidFields as error:
        return await _shown_again(visit, sent, Forms(credentials=shown_again(sent, error.faults)), 422, "credentials")
    said = "The credentials are set. Nobody can read them back." if changed else "Nothing was changed."
    return go(visit, on_to(visit, sent, f"{visit.root}{ATHENAHEALTH}/connection"), said)


@router.get("/limits")
async def limits(visit: Annotated[PracticeVisit, allowed(Right.SETTINGS_VIEW)]) -> Response:
    """What the practice may use at athenahealth."""
    return await _show_limits(visit)


@router.post("/limits")
async def put_limits(visit: Annotated[PracticeVisit, allowed(Right.SETTINGS_CHANGE)]) -> Response:
    """Set the limits."""
    sent = await filled(visit.request)
    entries = sent.entries
    value = to_value(replace(_seen(sent), limits=form.read_limits(entries)))

    async def show(sheet: Sheet, status: int) -> Response:
        return await _show_limits(visit, sheet, status)

    return await save(visit, sent, entries, [sent.wanted(SECTION, NAME, value)], show, f"{visit.root}{ATHENAHEALTH}/limits")


def _seen(sent: Filled) -> Connection:
    """The connection that the form was filled in from; its defaults where there was none."""
    value = sent.seen.get((SECTION, NAME))
    return from_value(value) if value else Connection()


async def show_connection(visit: PracticeVisit, forms: Forms = NONE_SENT, status: int = 200) -> Response:
    """The page of the connection."""
    return page(visit, "settings/connection.html", status=status, **await _shown(visit, forms))


async def show_set_up(visit: PracticeVisit, forms: Forms = NONE_SENT, status: int = 200, *, step: str = "", progress: object = None) -> Response:
    """Setting the practice up: the step that is next, or one before it that is looked at again."""
    shown = await _shown(visit, forms)
    due = shown["state"].step
    here = step if step in SET_UP_STEPS[: SET_UP_STEPS.index(due) + 1] else due
    return page(visit, "settings/setup.html", status=status, step=here, due=due, steps=SET_UP_STEPS, progress=progress, **shown)


async def _shown(visit: PracticeVisit, forms: Forms) -> dict[str, Any]:
    async with visit.transaction() as transaction:
        state = await read_state(transaction, visit.practice, visit.services.clock())
    stored = None if state.connection is None else to_value(state.connection)
    value = practice_value(visit.practice)
    connection = sheet_of(entered(form.FIELDS, stored or to_value(Connection())), {(SECTION, NAME): stored})
    return {
        "state": state,
        "names": await name_actors(visit.services.database, [state.credentials.set_by if state.credentials else None]),
        "practice_sheet": forms.practice or sheet_of(entered(practice_form.FIELDS, value), {(OF_PRACTICE, PRACTICE): value}),
        "connection_sheet": forms.connection or connection,
        "credentials_sheet": forms.credentials or Sheet({}),
        "fields": form.FIELDS,
        "credentials_fields": {field.name: field for field in credentials_form.FIELDS},
        "practice_fields": practice_form.FIELDS,
        "hosts": form.KNOWN_HOSTS,
    }


async def _shown_again(visit: PracticeVisit, sent: Filled, forms: Forms, status: int, step: str) -> Response:
    """The page that the form was sent from, with it."""
    if sent.then:
        return await show_set_up(visit, forms, status, step=step)
    return await show_connection(visit, forms, status)


async def _show_limits(visit: PracticeVisit, sheet: Sheet | None = None, status: int = 200) -> Response:
    async with visit.transaction() as transaction:
        state = await read_state(transaction, visit.practice, visit.services.clock())
    stored = None if state.connection is None else to_value(state.connection)
    known = stored or to_value(Connection())
    return page(
        visit,
        "settings/limits.html",
        status=status,
        state=state,
        sheet=sheet or sheet_of(entered(form.LIMITS, known), {(SECTION, NAME): stored}),
        fields=form.LIMITS,
    )
