"""Settings > People: who has access to the practice, with which roles."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.responses import Response

from practicestudio.access.actors import name_actors
from practicestudio.access.caller import EVERYWHERE
from practicestudio.access.emergency import list_emergencies
from practicestudio.access.factors import read_factors
from practicestudio.access.manage_people import add_person, change_person, deactivate_person, reactivate_person
from practicestudio.access.people import Particulars, Person, actor_of, find_person
from practicestudio.access.reset import give_one_time_password, remove_second_factor
from practicestudio.access.rights import RIGHTS, WORDS, Right, Role
from practicestudio.access.roles import Held, grant_role, list_people, require_manager, revoke_role
from practicestudio.errors import IntegrationError, InvalidValue, NotAllowed
from practicestudio.web.faults import NotFound
from practicestudio.web.guard import PracticeVisit, allowed
from practicestudio.web.rendering import go, page

router = APIRouter()

PEOPLE = "/practices/{practice}/settings/people"

Manages = Annotated[PracticeVisit, allowed(Right.PEOPLE_MANAGE)]
Text = Annotated[str, Form()]
Texts = Annotated[list[str] | None, Form()]


@router.get(PEOPLE)
async def people(visit: Manages) -> Response:
    """Everybody with a role here, or at all practices."""
    async with visit.shared() as transaction:
        found = [one for one in await list_people(transaction, visit.caller) if visit.practice.id in one[1] or EVERYWHERE in one[1]]
        emergencies = await list_emergencies(transaction, visit.practice.id, most=10)
    names = await name_actors(visit.services.database, {actor_of(one.person_id) for one in emergencies})
    now = visit.services.clock()
    manages_all = visit.caller.may(EVERYWHERE, Right.PEOPLE_MANAGE)
    return page(
        visit, "people.html", people=found, here=visit.practice.id, everywhere=EVERYWHERE, emergencies=emergencies, names=names, now=now,
        manages_all=manages_all,
    )  # fmt: skip


@router.get(f"{PEOPLE}/rights")
async def rights(visit: Manages) -> Response:
    """What each role may."""
    return page(visit, "rights.html", rights=RIGHTS, words=WORDS, roles=list(Role))


@router.get(f"{PEOPLE}/add")
async def ask_new(visit: Manages) -> Response:
    """Whom to add."""
    return _add_page(visit, {}, {})


@router.post(f"{PEOPLE}/add")
async def add(visit: Manages, name: Text = "", sign_in_name: Text = "", email: Text = "", role: Texts = None) -> Response:
    """Add somebody, and show a one-time password."""
    services, typed = visit.services, {"name": name, "sign_in_name": sign_in_name, "email": email, "role": role or []}
    try:
        roles = {visit.practice.id: _roles(role or [])}
        made = await add_person(
            services.database, visit.caller, Particulars(name=name, sign_in_name=sign_in_name, email=email or None), roles, visit.origin
        )
    except InvalidValue as fault:
        return _add_page(visit, typed, {_field_of(fault): fault.sentence})
    password = await give_one_time_password(services.database, visit.caller, made, services.rules, visit.origin)
    return _password_page(visit, made, name, password)


@router.post(f"{PEOPLE}/existing")
async def add_existing(visit: Manages, known_name: Text = "", role: Texts = None) -> Response:
    """Give somebody roles here who signs in already."""
    try:
        roles = _roles(role or [])
        async with visit.shared() as transaction:
            found = await find_person(transaction, known_name)
        if found is None:
            raise InvalidValue("Nobody signs in with this name.", advice="Add the person below.")
    except InvalidValue as fault:
        return _add_page(visit, {"known_name": known_name}, {"known_name": fault.sentence})
    for one in sorted(roles):
        await grant_role(visit.services.database, visit.caller, found.id, visit.practice.id, one, visit.origin)
    return go(visit, f"{visit.root}/settings/people/{found.id}", f"{found.name} has access to this practice now.")


@router.get(f"{PEOPLE}/{{person}}")
async def person(visit: Manages, person: UUID) -> Response:
    """One person: roles, particulars, ways to help."""
    return await _person_page(visit, person)


@router.post(f"{PEOPLE}/{{person}}/roles")
async def put_roles(visit: Manages, person: UUID, role: Texts = None, everywhere: Texts = None) -> Response:
    """The roles as ticked; those at every practice only for whoever manages people there."""
    _, held = await _find(visit, person)
    await _put(visit, person, visit.practice.id, held, role or [])
    if visit.caller.may(EVERYWHERE, Right.PEOPLE_MANAGE):
        await _put(visit, person, EVERYWHERE, held, everywhere or [])
    return go(visit, f"{visit.root}/settings/people/{person}", "The roles are changed; they hold from the person's next page on.")


@router.post(f"{PEOPLE}/{{person}}/particulars")
async def put_particulars(visit: Manages, person: UUID, name: Text = "", sign_in_name: Text = "", email: Text = "") -> Response:
    """Name, sign-in name and e-mail."""
    await _find(visit, person)
    try:
        given = Particulars(name=name, sign_in_name=sign_in_name, email=email or None)
        await change_person(visit.services.database, visit.caller, person, given, visit.origin)
    except InvalidValue as fault:
        return await _person_page(visit, person, {_field_of(fault): fault.sentence})
    return go(visit, f"{visit.root}/settings/people/{person}", "It is changed.")


@router.post(f"{PEOPLE}/{{person}}/password")
async def reset_password(visit: Manages, person: UUID) -> Response:
    """A one-time password, shown now."""
    found, _ = await _find(visit, person)
    password = await give_one_time_password(visit.services.database, visit.caller, person, visit.services.rules, visit.origin)
    return _password_page(visit, person, found.name, password)


@router.post(f"{PEOPLE}/{{person}}/second-factor")
async def reset_second_factor(visit: Manages, person: UUID) -> Response:
    """Take away codes and passkeys that are lost."""
    await _find(visit, person)
    await remove_second_factor(visit.services.database, visit.caller, person, visit.origin)
    return go(
        visit, f"{visit.root}/settings/people/{person}", "The second factors are taken away. The person sets up new ones on the account's page."
    )


@router.post(f"{PEOPLE}/{{person}}/deactivate")
async def deactivate(visit: Manages, person: UUID) -> Response:
    """Take the access away."""
    await _find(visit, person)
    await deactivate_person(visit.services.database, visit.caller, person, visit.origin)
    return go(visit, f"{visit.root}/settings/people/{person}", "The person is signed out everywhere and can no longer sign in.")


@router.post(f"{PEOPLE}/{{person}}/reactivate")
async def reactivate(visit: Manages, person: UUID) -> Response:
    """Give the access back."""
    await _find(visit, person)
    await reactivate_person(visit.services.database, visit.caller, person, visit.origin)
    return go(visit, f"{visit.root}/settings/people/{person}", "The person can sign in again.")


async def _find(visit: PracticeVisit, person_id: UUID) -> tuple[Person, Held]:
    """A person with a role here, or at all practices. Raises NotFound for all others, who are none of this practice's business."""
    async with visit.shared() as transaction:
        for one, held in await list_people(transaction, visit.caller):
            if one.id == person_id and (visit.practice.id in held or EVERYWHERE in held):
                return one, held
    raise NotFound("There is no such person in this practice.", advice="Choose one from the list.")


async def _put(visit: PracticeVisit, person_id: UUID, at: UUID, held: Held, wanted: list[str]) -> None:
    before, after = held.get(at, frozenset()), {Role(one) for one in wanted if one in set(Role)}
    for role in sorted(after - before):
        await grant_role(visit.services.database, visit.caller, person_id, at, role, visit.origin)
    for role in sorted(before - after):
        await revoke_role(visit.services.database, visit.caller, person_id, at, role, visit.origin)


def _roles(wanted: list[str]) -> frozenset[Role]:
    roles = frozenset(Role(one) for one in wanted if one in set(Role))
    if not roles:
        raise InvalidValue("No role is chosen.", advice="Choose what the person does here.")
    return roles


def _field_of(fault: IntegrationError) -> str:
    """The field that a sentence of `people` is about."""
    for mark, name in (("e-mail", "email"), ("sign", "sign_in_name"), ("role", "role")):
        if mark in fault.what.lower():
            return name
    return "name"


def _add_page(visit: PracticeVisit, typed: dict[str, Any], faults: dict[str, str]) -> Response:
    return page(visit, "person_add.html", status=422 if faults else 200, typed=typed, faults=faults, roles=list(Role))


def _password_page(visit: PracticeVisit, person_id: UUID, name: str, password: str) -> Response:
    return page(visit, "person_password.html", person_id=person_id, name=name, password=password, days=visit.services.rules.one_time.days)


async def _person_page(visit: PracticeVisit, person_id: UUID, faults: dict[str, str] | None = None) -> Response:
    found, held = await _find(visit, person_id)
    async with visit.shared() as transaction:
        factors = await read_factors(transaction, person_id)
        try:
            await require_manager(transaction, visit.caller, person_id)
            beyond = ""
        except NotAllowed as refusal:
            beyond = refusal.sentence
    return page(
        visit, "person.html", status=422 if faults else 200, person=found, held=held, factors=factors, beyond=beyond, faults=faults or {},
        roles=list(Role), here=visit.practice.id, everywhere=EVERYWHERE, own=visit.session.person_id == person_id,
        manages_all=visit.caller.may(EVERYWHERE, Right.PEOPLE_MANAGE),
    )  # fmt: skip
