"""Faults on demand: which calls go wrong, how, how often, and for how long."""

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, Literal, get_args

import httpx2

from practicestudio.sandbox.catalogue import Record
from practicestudio.sandbox.wire import Answer

Kind = Literal[
    "429",
    "500",
    "503",
    "slow",
    "drop_before",
    "drop_after",
    "malformed",
    "truncated",
    "html",
    "expired_token",
    "type_drift",
    "wrong_content_type",
]
KINDS: tuple[str, ...] = get_args(Kind)
_SPOIL = frozenset(("drop_after", "malformed", "truncated", "type_drift", "wrong_content_type"))
_NUMBERS: Mapping[str, Callable[[Any], Any]] = {"rate": float, "times": int, "seconds": float, "retry_after": int}
_PAGE = b"<html><head><title>Access blocked</title></head><body><p>The proxy could not reach the server.</p></body></html>"


class Dropped(httpx2.ReadError):
    """The line was dropped: what a client mounted on the sandbox sees in the place of a closed connection."""


class BadRule(ValueError):
    """A fault rule that cannot be understood; says which part."""


@dataclass(slots=True)
class Rule:
    """One fault.

    match: an operation's name, a method, or a regular expression that is found in the path; empty is every call.
    retry_after: seconds for the Retry-After header. body: `empty`, `json` or `html`, for 429, 500 and 503.
    after: the call takes effect first (for 429, 500, 503 and html). rate: the share of matching calls, 0 to 1.
    times: how often before the rule is gone. seconds: how long `slow` waits, or how long any other rule lasts. until: when it ends.
    """

    id: int
    kind: str
    match: str = ""
    retry_after: int | None = None
    body: str = "empty"
    after: bool = False
    rate: float = 1.0
    times: int | None = None
    seconds: float | None = None
    until: datetime | None = None
    hits: int = 0

    def matches(self, method: str, path: str, operation: str) -> bool:
        return self.match in ("", method, operation) or re.search(self.match, path) is not None

    @property
    def spoils(self) -> bool:
        """Does the call take effect before the fault."""
        return self.after or self.kind in _SPOIL

    def as_record(self) -> Record:
        return asdict(self) | {"until": self.until.isoformat() if self.until else None}


class Faults:
    """The rules in force, oldest first; a call meets the first one that matches it."""

    def __init__(self, seed: int) -> None:
        self.rules: list[Rule] = []
        self._random = Random(seed)  # noqa: S311
        self._next = 1

    def add(self, wanted: Mapping[str, Any], at: datetime) -> Rule:
        """A new rule from its JSON. Raises BadRule."""
        known = {name: value for name, value in wanted.items() if value is not None}
        unknown = set(known) - {"kind", "match", "retry_after", "body", "after", "rate", "times", "seconds"}
        if unknown:
            raise BadRule(f"unknown member: {', '.join(sorted(unknown))}")
        if str(known.get("kind")) not in KINDS:
            raise BadRule(f"kind must be one of {', '.join(KINDS)}")
        if known.get("body", "empty") not in ("empty", "json", "html"):
            raise BadRule("body must be empty, json or html")
        try:
            re.compile(str(known.get("match", "")))
        except re.error as error:
            raise BadRule("match is not a regular expression") from error
        try:
            numbers = {name: kind(known[name]) for name, kind in _NUMBERS.items() if name in known}
        except (ValueError, TypeError) as error:
            raise BadRule(f"{', '.join(_NUMBERS)} are numbers") from error
        rule = Rule(
            id=self._next,
            kind=str(known["kind"]),
            match=str(known.get("match", "")),
            body=str(known.get("body", "empty")),
            after=bool(known.get("after")),
            **numbers,
        )
        if rule.seconds is not None and rule.kind != "slow":
            rule.until = at + timedelta(seconds=rule.seconds)
        self._next += 1
        self.rules.append(rule)
        return rule

    def remove(self, rule_id: int | None) -> None:
        """One rule, or all."""
        self.rules = [] if rule_id is None else [rule for rule in self.rules if rule.id != rule_id]

    def meet(self, method: str, path: str, operation: str, at: datetime) -> Rule | None:
        """The fault that this call meets, counted."""
        self.rules = [rule for rule in self.rules if rule.until is None or rule.until > at]
        for rule in self.rules:
            if rule.matches(method, path, operation) and (rule.rate >= 1 or self._random.random() < rule.rate):
                rule.hits += 1
                if rule.times is not None and rule.hits >= rule.times:
                    self.rules.remove(rule)
                return rule
        return None


def failure(rule: Rule) -> Answer:
    """What comes instead of an answer, for the kinds that are an answer of their own."""
    headers = {"retry-after": str(rule.retry_after)} if rule.retry_after is not None else {}
    if rule.kind == "html":
        return Answer(status=200, raw=_PAGE, content_type="text/html")
    if rule.kind == "expired_token":
        return Answer(status=401, raw=b"Developer Inactive", content_type="text/plain")
    raw, content_type = {
        "empty": (b"", "text/plain"),
        "json": (b'\n\n{"error":"The service is not available now."}', "application/json"),
        "html": (_PAGE, "text/html"),
    }[rule.body]
    return Answer(status=int(rule.kind), raw=raw, content_type=content_type, headers=headers)


def spoil(rule: Rule, answer: Answer) -> Answer:
    """A good answer gone bad on the way. `type_drift` is not here: it changes the body before it is written."""
    raw = answer.encode()
    if rule.kind == "malformed":
        answer.raw = raw[: len(raw) // 2] + b',"":}' + raw[len(raw) // 2 :]
    elif rule.kind == "truncated":
        answer.raw = raw[: max(1, len(raw) // 2)]
    elif rule.kind == "wrong_content_type":
        answer.raw, answer.content_type = raw, "text/html"
    return answer
