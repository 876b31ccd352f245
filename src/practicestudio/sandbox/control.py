"""The control address: clock, people, faults, limits, ledger and truth, for whoever steers the sandbox."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, fields, replace
from datetime import UTC, datetime
from random import Random
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from practicestudio.sandbox.catalogue import Record
from practicestudio.sandbox.config import Limits
from practicestudio.sandbox.faults import BadRule
from practicestudio.sandbox.happenings import Happenings, Impossible
from practicestudio.sandbox.practice import Practice
from practicestudio.sandbox.sandbox import Sandbox

Endpoint = Callable[[Request], Awaitable[Any]]


class BadWish(ValueError):
    """A request to the control address that cannot be carried out; says why."""


def _route(path: str, method: str, endpoint: Endpoint) -> Route:
    async def answer(request: Request) -> Response:
        try:
            body, status = await endpoint(request), 200
        except (BadWish, BadRule, Impossible) as error:
            body, status = {"error": str(error)}, 400
        return Response(orjson.dumps(body), status_code=status, media_type="application/json")

    return Route(f"/control/{path}", answer, methods=[method])


async def _body(request: Request) -> Record:
    """The JSON object of a request; none is an empty one."""
    raw = await request.body()
    try:
        read = orjson.loads(raw or b"{}")
    except orjson.JSONDecodeError as error:
        raise BadWish("the body is not JSON") from error
    if not isinstance(read, dict):
        raise BadWish("the body must be a JSON object")
    return read


class Control:
    """The endpoints, each a method that answers with what becomes JSON."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._random = Random(sandbox.config.seed)  # noqa: S311

    def routes(self) -> list[Route]:
        return [
            _route("state", "GET", self.state),
            _route("clock", "POST", self.set_clock),
            _route("people", "POST", self.make_happen),
            _route("people/{practice}/{patient:int}", "GET", self.person),
            _route("appointments/{practice}/{appointment:int}", "GET", self.appointment),
            _route("faults", "GET", self.list_faults),
            _route("faults", "POST", self.add_fault),
            _route("faults", "DELETE", self.remove_faults),
            _route("faults/{rule:int}", "DELETE", self.remove_faults),
            _route("limits", "POST", self.set_limits),
            _route("clients", "POST", self.set_client),
            _route("ledger", "GET", self.ledger),
            _route("reset", "POST", self.reset),
        ]

    async def state(self, request: Request) -> Record:
        sandbox = self._sandbox
        return {
            "now": sandbox.clock.now().isoformat(),
            "calls": {"total": sandbox.calls.total(), "by_operation": dict(sandbox.calls), "over_limit": sandbox.meter.over_limit},
            "tokens_given": sandbox.tokens.given,
            "limits": asdict(sandbox.meter.limits),
            "faults": len(sandbox.faults.rules),
            "ledger": len(sandbox.ledger.entries),
            "practices": {practice.id: _counts(practice) for practice in sandbox.practices.values()},
        }

    async def set_clock(self, request: Request) -> Record:
        """{"at": ISO time or null} jumps, {"advance": seconds} moves on."""
        wish = await _body(request)
        if "at" in wish:
            self._sandbox.clock.set(_time(wish["at"]))
        try:
            self._sandbox.clock.advance(float(wish.get("advance", 0)))
        except (ValueError, TypeError, OverflowError) as error:
            raise BadWish("advance must be a number of seconds") from error
        return {"now": self._sandbox.clock.now().isoformat()}

    def _practice(self, practice: object) -> Practice:
        found = self._sandbox.practices.get(str(practice))
        if found is None:
            raise BadWish(f"there is no practice {practice}")
        return found

    async def make_happen(self, request: Request) -> Record:
        wish = await _body(request)
        practice = self._practice(wish.get("practice", self._sandbox.config.practices[0]))
        try:
            return {"happened": Happenings(practice, self._random).happen(wish)}
        except (TypeError, ValueError) as error:
            raise error if isinstance(error, Impossible) else BadWish("an id or a number in the wish is not one") from error

    async def person(self, request: Request) -> Record:
        """The truth about a patient: unmasked, without drift."""
        practice, patient = self._practice(request.path_params["practice"]), request.path_params["patient"]
        record = practice.people.record(patient)
        if record is None:
            raise BadWish(f"there is no patient {patient}")
        record["insurances"] = practice.people.insurances(patient)
        record["customfields"] = practice.people.custom_fields(patient)
        record["appointments"] = list(practice.diary.of_patient(patient).values())
        return record

    async def appointment(self, request: Request) -> Record:
        practice, appointment = self._practice(request.path_params["practice"]), request.path_params["appointment"]
        record = practice.diary.record(appointment)
        if record is None:
            raise BadWish(f"there is no appointment {appointment}")
        return record | {"notes": practice.diary.notes.get(appointment, []), "deleted": appointment in practice.diary.deleted}

    async def list_faults(self, request: Request) -> Record:
        return {"faults": [rule.as_record() for rule in self._sandbox.faults.rules]}

    async def add_fault(self, request: Request) -> Record:
        """One rule, or {"rules": [...]}."""
        wish = await _body(request)
        now = self._sandbox.clock.now()
        wanted = wish.get("rules", [wish])
        if not isinstance(wanted, list) or not all(isinstance(one, dict) for one in wanted):
            raise BadWish("rules must be a list of objects")
        rules = [self._sandbox.faults.add(one, now) for one in wanted]
        return {"faults": [rule.as_record() for rule in rules]}

    async def remove_faults(self, request: Request) -> Record:
        self._sandbox.faults.remove(request.path_params.get("rule"))
        return await self.list_faults(request)

    async def set_limits(self, request: Request) -> Record:
        """Any of the fields of Limits."""
        wish = await _body(request)
        known = {field.name for field in fields(Limits)}
        if unknown := set(wish) - known:
            raise BadWish(f"unknown limit: {', '.join(sorted(unknown))}; there are {', '.join(sorted(known))}")
        for name, value in wish.items():
            if not _fits(name, value):
                raise BadWish(f"{name} cannot be {value!r}")
        self._sandbox.meter.limits = replace(self._sandbox.meter.limits, **wish)
        return asdict(self._sandbox.meter.limits)

    async def set_client(self, request: Request) -> Record:
        """{"client": id, "revoked": true}: its secret and its tokens are good no more, until revoked is false."""
        wish = await _body(request)
        client, revoked = str(wish.get("client", "")), bool(wish.get("revoked", True))
        self._sandbox.tokens.revoke(client, revoked=revoked)
        return {"client": client, "revoked": revoked}

    async def ledger(self, request: Request) -> Record:
        """?since=seq, ?practice=id and ?what=word narrow it."""
        query = request.query_params
        since = query.get("since", "0")
        if not since.isdigit():
            raise BadWish("since must be the seq of an entry")
        entries = self._sandbox.ledger.entries[int(since) :]
        wanted = {name: query[name] for name in ("practice", "what", "by") if name in query}
        return {"entries": [entry for entry in entries if all(entry[name] == value for name, value in wanted.items())]}

    async def reset(self, request: Request) -> Record:
        """Everything as at the start; with {"at": ISO time}, as if the sandbox had been opened then."""
        self._sandbox.reset(_time((await _body(request)).get("at")))
        self._random = Random(self._sandbox.config.seed)  # noqa: S311
        return await self.state(request)


def _fits(name: str, value: object) -> bool:
    if name == "body":
        return value in ("empty", "json", "html")
    if name == "retry_after":
        return isinstance(value, bool)
    return (value is None and name != "token_seconds") or (isinstance(value, int) and not isinstance(value, bool) and value >= 0)


def _time(text: Any) -> datetime | None:
    """An ISO time, in UTC where it names no zone."""
    try:
        at = datetime.fromisoformat(text) if text is not None else None
    except (ValueError, TypeError) as error:
        raise BadWish("at must be an ISO time or null") from error
    return at.replace(tzinfo=at.tzinfo or UTC) if at else None


def _counts(practice: Practice) -> Record:
    return {
        "patients": len(practice.people),
        "patients_changed": len(practice.people.changes),
        "appointments_changed": len(practice.diary.changes),
        "waiting": practice.feeds.waiting(),
    }


def control_routes(sandbox: Sandbox) -> list[Route]:
    return Control(sandbox).routes()
