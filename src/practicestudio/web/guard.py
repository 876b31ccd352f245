"""Who asks, and whether they may: every route names one of these guards, and an application with a route that names none does not start.

A page of a practice lies below `/practices/{practice}`; somebody who has no right there is told what they would be told if there were no such
practice.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from practicestudio.access.audit import Action, AuditEntry, Origin, write
from practicestudio.access.caller import EVERYWHERE, Caller
from practicestudio.access.rights import Right
from practicestudio.access.sessions import Due, Session, SignedIn, look_at_session, use_session
from practicestudio.errors import Misconfigured, NotAllowed
from practicestudio.practices.practice import Practice, list_practices
from practicestudio.web.cookies import session_token
from practicestudio.web.csrf import check_csrf, check_source
from practicestudio.web.faults import FirstDo, NotFound, SignInFirst
from practicestudio.web.services import Services, services_of

if TYPE_CHECKING:
    from practicestudio.store.database import Transaction

PASSIVE = "X-Passive"
"""The header of a request that a page makes by itself: it does not keep the session alive."""

WHERE_DUE = {Due.SECOND_FACTOR: "/sign-in/second-factor", Due.PASSWORD: "/account/password", Due.SECOND_FACTOR_SETUP: "/account/second-factor"}
"""The pages on which is done what is due before anything else."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of a person who is signed in. practices: those in which the person has any right, by name."""

    request: Request
    services: Services
    signed_in: SignedIn
    practices: tuple[Practice, ...]

    @property
    def caller(self) -> Caller:
        """The person, and what they may."""
        return self.signed_in.caller

    @property
    def session(self) -> Session:
        """The session that the request belongs to."""
        return self.signed_in.session

    @property
    def origin(self) -> Origin:
        """Where the request comes from, for the trail."""
        return Origin("web", address_of(self.request), self.session.id)

    def shared(self) -> "AbstractAsyncContextManager[Transaction]":
        """A transaction on what belongs to no single practice."""
        return self.services.database.shared(origin=self.origin)


@dataclass(frozen=True, slots=True)
class PracticeVisit(Visit):
    """A request about one practice, in which the person has the right that the route asks for."""

    practice: Practice

    @property
    def origin(self) -> Origin:
        """Where the request comes from; under emergency access, that too."""
        return Origin("web", address_of(self.request), self.session.id, emergency=self.caller.in_emergency(self.practice.id))

    @property
    def root(self) -> str:
        """The address below which the practice's pages lie."""
        return f"/practices/{self.practice.athena_id}"

    def transaction(self) -> "AbstractAsyncContextManager[Transaction]":
        """A transaction on the practice's data."""
        return self.services.database.practice(self.practice.id, origin=self.origin)

    def may(self, right: Right) -> bool:
        """Whether the person has this right in the practice."""
        return self.caller.may(self.practice.id, right)


@dataclass(frozen=True, slots=True)
class Guard:
    """What a route demands. right: None for whoever is signed in, or, where it is open, for everybody."""

    check: Callable[[Request], Awaitable[Any]]
    right: Right | None = None
    of_practice: bool = False
    open: bool = False

    async def __call__(self, request: Request) -> Any:
        return await self.check(request)


def anyone() -> Any:
    """A route that is open to everybody: sign-in, assets, health. Gives the services."""

    async def check(request: Request) -> Services:
        services = services_of(request)
        check_source(request, services.settings)
        return services

    return Depends(Guard(check, open=True))


def signed_in() -> Any:
    """A route for whoever is signed in. Gives a Visit."""
    return Depends(Guard(_visit))


def allowed(right: Right) -> Any:
    """A route below `/practices/{practice}` for whoever has the right there. Gives a PracticeVisit."""

    async def check(request: Request) -> PracticeVisit:
        visit = await _visit(request)
        wanted = request.path_params["practice"]
        found = next((one for one in visit.practices if wanted == one.athena_id), None)
        if found is None:
            raise NotFound("There is no such practice, or you have no role in it.", advice="Choose one of your practices.")
        if not visit.caller.may(found.id, right):
            await _note_refusal(visit, found.id, right)
            raise NotAllowed("You may not do this in this practice.")
        return PracticeVisit(visit.request, visit.services, visit.signed_in, visit.practices, found)

    return Depends(Guard(check, right, of_practice=True))


def allowed_everywhere(right: Right) -> Any:
    """A route for whoever has the right at every practice, also at those that are added later. Gives a Visit."""

    async def check(request: Request) -> Visit:
        visit = await _visit(request)
        if not visit.caller.may(EVERYWHERE, right):
            await _note_refusal(visit, EVERYWHERE, right)
            raise NotAllowed("You may not do this, for it concerns every practice.")
        return visit

    return Depends(Guard(check, right))


async def _note_refusal(visit: Visit, practice_id: UUID, right: Right) -> None:
    async with visit.services.database.practice(practice_id, origin=visit.origin) as transaction:
        await write(transaction, [AuditEntry(Action.PERSON_ACCESS_REFUSE, visit.caller.actor, changes={"right": (None, right.value)})])


def partly_signed_in() -> Any:
    """A route for whoever has shown a password and still owes something: the second factor, or a new password. Gives a Visit."""

    async def check(request: Request) -> Visit:
        return await _known(request)

    return Depends(Guard(check))


async def _visit(request: Request) -> Visit:
    visit = await _known(request)
    if visit.signed_in.due is not None:
        raise FirstDo("Something is due before you can go on.", WHERE_DUE[visit.signed_in.due])
    return visit


async def _known(request: Request) -> Visit:
    services = services_of(request)
    check_source(request, services.settings)
    found = await _signed_in(request, services)
    if found is None:
        raise SignInFirst("You are not signed in, or your session has ended.")
    await check_csrf(request, found.csrf)
    everything = await list_practices(services.database)
    visible = tuple(sorted((one for one in everything if found.caller.rights(one.id)), key=lambda one: one.name))
    visit = Visit(request, services, found, visible)
    request.state.visit = visit
    return visit


async def _signed_in(request: Request, services: Services) -> SignedIn | None:
    token = session_token(request, services.settings)
    if token is None:
        return None
    find = look_at_session if PASSIVE in request.headers else use_session
    async with services.database.shared(origin=Origin("web", address_of(request))) as transaction:
        return await find(transaction, token, services.clock(), services.rules)


def address_of(request: Request) -> str | None:
    """The address that the request comes from."""
    return request.client.host if request.client else None


def guards_of(route: APIRoute) -> Iterator[Guard]:
    """The guards that a route names."""

    def walk(dependant: Dependant) -> Iterator[Guard]:
        if isinstance(dependant.call, Guard):
            yield dependant.call
        for inner in dependant.dependencies:
            yield from walk(inner)

    return walk(route.dependant)


def routes_of(routes: Iterable[BaseRoute]) -> Iterator[APIRoute]:
    """Every route, also those of included routers, each of which FastAPI keeps as one route."""
    for route in routes:
        if (included := getattr(route, "original_router", None)) is not None:
            yield from routes_of(included.routes)
        elif isinstance(route, APIRoute):
            yield route


def check_routes(routes: Iterable[BaseRoute]) -> None:
    """Raise Misconfigured unless every route names just one guard, and one of a practice lies below it."""
    for route in routes_of(routes):
        guards = list(guards_of(route))
        if len(guards) != 1 or guards[0].of_practice != ("{practice}" in route.path):
            raise Misconfigured(f"The route {route.path} does not say who may use it.", advice="Give it one guard of `web.guard`.")
