"""What a caller sent: query, form and JSON alike, names in any case, values checked the way athenahealth checks them."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import orjson

from practicestudio.sandbox.refusals import invalid, missing

_US_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d)?)?")
_TRUE, _FALSE = frozenset(("true", "1", "y", "yes")), frozenset(("false", "0", "n", "no"))


class Parameters:
    """The parameters of one call. json: the body was JSON, in which ISO dates are welcome too. keys: as the caller wrote them."""

    def __init__(self, values: Mapping[str, list[str]], *, json: bool = False, keys: Iterable[str] = ()) -> None:
        self._values = values
        self.json = json
        self.keys = tuple(keys)

    @classmethod
    def read(cls, query: bytes, body: bytes, content_type: str) -> "Parameters":
        values: dict[str, list[str]] = {}
        pairs = parse_qsl(query.decode("utf-8", "replace"), keep_blank_values=True)
        keys = tuple(dict.fromkeys(key for key, _ in pairs))
        json = "json" in content_type
        if body and json:
            pairs += _flatten(body)
        elif body:
            pairs += parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
        for key, value in pairs:
            values.setdefault(re.sub(r"\[\d*\]$", "", key).lower(), []).append(value)
        return cls(values, json=json, keys=keys)

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def names(self) -> Iterable[str]:
        return self._values.keys()

    def text(self, name: str) -> str | None:
        """The value without blanks around it; None where it is absent or empty."""
        values = self._values.get(name)
        return (values[-1].strip() or None) if values else None

    def sent(self, name: str) -> str:
        """The value as it was sent, empty where it is absent."""
        return self._values[name][-1].strip() if name in self._values else ""

    def echo(self, name: str) -> str:
        """All values of a parameter as one comma list."""
        return ",".join(value.strip() for value in self._values.get(name, ()))

    def require(self, *names: str) -> None:
        if absent := [name for name in names if self.text(name) is None]:
            raise missing(absent)

    def required(self, name: str) -> str:
        self.require(name)
        return self.sent(name)

    def integer(self, name: str) -> int | None:
        if name not in self._values:
            return None
        return _integer(self.sent(name))

    def required_integer(self, name: str) -> int:
        return _integer(self.required(name))

    def integers(self, name: str) -> list[int]:
        """A comma list or a repeated key."""
        return [_integer(part) for value in self._values.get(name, ()) for part in value.split(",") if part.strip()]

    def texts(self, name: str) -> list[str]:
        return [part.strip() for value in self._values.get(name, ()) for part in value.split(",") if part.strip()]

    def flag(self, name: str, *, default: bool = False) -> bool:
        value = self.text(name)
        if value is None:
            return default
        if value.lower() not in _TRUE | _FALSE:
            raise invalid(f"The value '{value}' did not match any of the enum values for {name.upper()}")
        return value.lower() in _TRUE

    def day(self, name: str) -> date | None:
        value = self.text(name)
        if value is None:
            return None
        day = read_date(value, iso=self.json)
        if day is None:
            raise invalid(f"Expecting format date, but value is {value}")
        return day

    def moment(self, name: str, zone: ZoneInfo, *, last: bool = False) -> datetime | None:
        """MM/DD/YYYY with or without HH24:MI:SS in a zone. last: of an hour that comes twice, the second; of a bare date, its end."""
        value = self.text(name)
        if value is None:
            return None
        day, _, clock = value.partition(" ")
        read = read_date(day)
        parts = re.fullmatch(r"(\d\d):(\d\d)(?::(\d\d))?", clock or ("23:59:59" if last else "00:00:00"))
        if read is None or parts is None or int(parts[1]) > 23 or int(parts[2]) > 59 or int(parts[3] or 0) > 59:
            raise invalid(f"Expecting format datetime, but value is {value}")
        return datetime(read.year, read.month, read.day, int(parts[1]), int(parts[2]), int(parts[3] or 0), tzinfo=zone, fold=int(last))


def read_date(text: str, *, iso: bool = False) -> date | None:
    """A day of the calendar from MM/DD/YYYY, or YYYY-MM-DD where that is welcome; None for anything else."""
    if found := _US_DATE.fullmatch(text):
        month, day, year = found.groups()
    elif iso and (found := _ISO_DATE.fullmatch(text)):
        year, month, day = found.groups()
    else:
        return None
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def us_date(day: date) -> str:
    return f"{day.month:02}/{day.day:02}/{day.year:04}"


def _integer(text: str) -> int:
    if not re.fullmatch(r"[+-]?\d{1,15}", text.strip()):
        raise invalid(f"Expecting type integer, but value is {text.strip()}")
    return int(text)


def _flatten(body: bytes) -> list[tuple[str, str]]:
    """The members of a JSON object as the text a form would carry."""
    try:
        read = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise invalid("The request body is not valid JSON.") from error
    if not isinstance(read, dict):
        raise invalid("The request body must be a JSON object.")
    return [(key, _text(value)) for key, value in read.items() if value is not None]


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return orjson.dumps(value).decode()
