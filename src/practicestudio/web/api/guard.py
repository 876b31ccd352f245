"""Which program asks, by its key, and whether it may: every route names one of these guards, and is not asked anything before they agree.

A key is for one practice; whatever is about another one is told as if there were none.
"""

from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastapi import Depends, Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from practicestudio.access.api_keys import ApiKey, find_key
from practicestudio.access.audit import Action, AuditEntry, Origin, write
from practicestudio.access.call_rate import Rate, Standing, take_call
from practicestudio.access.caller import Caller
from practicestudio.access.rights import Right
from practicestudio.practices.practice import Practice, list_practices
from practicestudio.web.api.body import Read, read_body
from practicestudio.web.api.faults import KeyNeeded, NotThere, OutOfScope, TooFast
from practicestudio.web.guard import Guard, address_of, guards_of
from practicestudio.web.services import Services, services_of

if TYPE_CHECKING:
    from practicestudio.store.database import Transaction

REALM = 'Bearer realm="Practice Studio"'
LONGEST_KEY = 200


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a program. practices: those that its key is for."""

    request: Request
    services: Services
    key: ApiKey
    practices: tuple[Practice, ...]

    @property
    def caller(self) -> Caller:
        """The program, and what it may."""
        return self.key.caller

    @property
    def by(self) -> str:
        """The program as the trail names it."""
        return self.caller.actor

    @property
    def origin(self) -> Origin:
        """Where the request comes from, for the trail."""
        return Origin("api", address_of(self.request))


@dataclass(frozen=True, slots=True)
class PracticeCall(Call):
    """A request about one practice, for which the key has the scope that the route asks for."""

    practice: Practice

    @property
    def root(self) -> str:
        """The address below which the practice's resources lie."""
        return f"/api/v1/practices/{self.practice.athena_id}"

    def transaction(self) -> "AbstractAsyncContextManager[Transaction]":
        """A transaction on the practice's data."""
        return self.services.database.practice(self.practice.id, origin=self.origin)


class ApiRoute(APIRoute):
    """A route that lets its guard decide before it reads a body."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Ask the guard, read the body as far as it is one, then go on."""
        handle = super().get_route_handler()
        guards = list(guards_of(self))
        takes_body = self.body_field is not None

        async def answer(request: Request) -> Response:
            for guard in guards:
                request.state.call = await guard.check(request)
            request._body = await read_body(request, expected=takes_body)
            return await handle(Read(request.scope, request._body))

        return answer


def anybody() -> Any:
    """A route that is open to everybody: what the API is. Gives the services."""

    async def check(request: Request) -> Services:
        return services_of(request)

    return Depends(_Admitted(check, open=True))


def any_key() -> Any:
    """A route for whoever has a key. Gives a Call."""
    return Depends(_Admitted(_call))


def any_scope() -> Any:
    """A route below `/practices/{practice}` for every key of that practice. Gives a PracticeCall."""
    return Depends(_Admitted(_practice_call, of_practice=True))


def allowed_by_key(right: Right) -> Any:
    """A route below `/practices/{practice}` for keys of that practice with this scope. Gives a PracticeCall."""

    async def check(request: Request) -> PracticeCall:
        call = await _practice_call(request)
        if not call.caller.may(call.practice.id, right):
            await _note_refusal(call, right)
            raise OutOfScope(
                f"The key does not have the scope {right.value}.",
                headers={"WWW-Authenticate": f'{REALM}, error="insufficient_scope", scope="{right.value}"'},
            )
        return call

    return Depends(_Admitted(check, right, of_practice=True))


@dataclass(frozen=True, slots=True)
class _Admitted(Guard):
    """A guard that the route has asked already."""

    async def __call__(self, request: Request) -> Any:
        return request.state.call


async def _call(request: Request) -> Call:
    services = services_of(request)
    rate = Rate(services.settings.api_calls_per_minute, 60)
    async with services.database.shared(origin=Origin("api", address_of(request))) as transaction:
        key = await find_key(transaction, _token(request), services.clock())
        if key is not None and key.open(services.clock()):
            _keep_rate(request, rate, await take_call(transaction, key.id, rate))
    if key is None or not key.open(services.clock()):
        raise KeyNeeded(
            "The API key opens nothing: it is unknown, has ended or was revoked.", headers={"WWW-Authenticate": f'{REALM}, error="invalid_token"'}
        )
    everything = await list_practices(services.database)
    return Call(request, services, key, tuple(one for one in everything if key.caller.rights(one.id)))


async def _practice_call(request: Request) -> PracticeCall:
    call = await _call(request)
    wanted = request.path_params["practice"]
    found = next((one for one in call.practices if wanted in (one.athena_id, str(one.id))), None)
    if found is None:
        raise NotThere("There is no such practice, or the key is not for it.")
    return PracticeCall(call.request, call.services, call.key, call.practices, found)


def _token(request: Request) -> str:
    given = request.headers.get("authorization")
    if given is None:
        raise KeyNeeded("No API key came with the request.", headers={"WWW-Authenticate": REALM})
    scheme, _, token = given.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token.isascii() or not 0 < len(token) <= LONGEST_KEY:
        raise KeyNeeded("The header Authorization holds no API key.", headers={"WWW-Authenticate": f'{REALM}, error="invalid_request"'})
    return token


def _keep_rate(request: Request, rate: Rate, where: Standing) -> None:
    """Tell where the key stands (draft-ietf-httpapi-ratelimit-headers), whatever the answer will be. Raises TooFast where its rate is used up."""
    request.state.told = {"RateLimit-Policy": f'"key";q={rate.calls};w={rate.seconds}', "RateLimit": f'"key";r={where.left};t={where.whole_again}'}
    if not where.taken:
        raise TooFast("The key has used up its rate of calls.", headers={"Retry-After": str(max(1, where.wait))})


async def _note_refusal(call: PracticeCall, right: Right) -> None:
    async with call.transaction() as transaction:
        await write(transaction, [AuditEntry(Action.PERSON_ACCESS_REFUSE, call.by, changes={"right": (None, right.value)})])
