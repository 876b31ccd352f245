"""A practice's validation rules, compiled into checks of single values."""

from collections.abc import Callable
from datetime import date
from typing import Any

from practicestudio.mapping.findings import Finding
from practicestudio.mapping.overrides import ValidationRule, compiled_pattern
from practicestudio.records import Coded

REQUIRED = "This practice requires a value here."
PATTERN = "This does not have the form that this practice asks for."
NOT_ALLOWED = "This is not one of the values that this practice allows."
TOO_LONG = "This is longer than the {limit} characters that this practice allows."

Check = Callable[[Any, list[Finding]], None]


def compiled_check(rule: ValidationRule, prefix: str = "") -> Check:
    """A function that reports what the rule finds wrong with one of our values. Raises Misconfigured for a wrong pattern.

    prefix: of the map that the rule is about, for the place.
    """
    place = prefix + rule.ours
    pattern = compiled_pattern(rule.pattern) if rule.pattern is not None else None
    allowed = frozenset(rule.allowed)

    def problem_of(text: str) -> str | None:
        if rule.max_length is not None and len(text) > rule.max_length:
            return TOO_LONG.format(limit=rule.max_length)
        if allowed and text not in allowed:
            return NOT_ALLOWED
        if pattern is not None and not pattern.fullmatch(text):
            return PATTERN
        return None

    def check(value: Any, report: list[Finding]) -> None:
        texts = _texts(value)
        problems = {problem_of(text) for text in texts} if texts else {REQUIRED if rule.required else None}
        report.extend(Finding(place, problem, rule.severity) for problem in sorted(filter(None, problems)))

    return check


def _texts(value: Any) -> list[str]:
    """A value of ours as the texts that a rule speaks about: codes by their code, dates as YYYY-MM-DD."""
    if value is None or value == "":
        return []
    if isinstance(value, tuple):
        return [text for one in value for text in _texts(one)]
    if isinstance(value, Coded):
        return [value.code]
    if isinstance(value, bool):
        return ["true" if value else "false"]
    return [value.isoformat() if isinstance(value, date) else str(value)]
