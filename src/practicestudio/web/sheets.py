"""Forms of settings: what was entered, what is wrong with it, who changed the same meanwhile; nothing that was typed is lost, but a secret."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from practicestudio.access.actors import name_actors
from practicestudio.errors import FieldFault, InvalidFields, InvalidValue
from practicestudio.practices.entries import Entries
from practicestudio.sync.change_settings import ChangedMeanwhile, Clash, Wanted, change_settings
from practicestudio.web.csrf import FIELD
from practicestudio.web.guard import PracticeVisit
from practicestudio.web.rendering import go

ATHENAHEALTH = "/settings/integrations/athenahealth"
SEEN, THEN = "seen", "then"
SECRETS = frozenset({"client_secret", "private_key"})
SET_UP = "setup"

Given = dict[str, list[str]]
Named = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A form as it is shown. seen: the stored values that it was filled in from, as its hidden field carries them; names: of who changed what."""

    given: Mapping[str, Sequence[str]]
    seen: str = ""
    faults: Mapping[str, str] = field(default_factory=dict)
    clashes: tuple[Clash, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    def value(self, name: str) -> str:
        """What stands in a field."""
        return next(iter(self.given.get(name, ())), "")

    def all(self, name: str) -> Sequence[str]:
        """Every value of a field that may have several."""
        return self.given.get(name, ())

    def ticked(self, name: str, value: str = "") -> bool:
        """Whether a box is ticked; of several of one name, the one with this value."""
        found = self.given.get(name, ())
        return value in found if value else any(found)


def sheet_of(entered: Mapping[str, str | Sequence[str]], seen: Mapping[Named, Any]) -> Sheet:
    """A form filled in from what is stored. entered: fields to their values; seen: the stored values behind them."""
    given = {name: [value] if isinstance(value, str) else list(value) for name, value in entered.items()}
    return Sheet(given, packed(seen))


def packed(seen: Mapping[Named, Any]) -> str:
    """Stored values for the hidden field of a form."""
    return orjson.dumps([[*named, value] for named, value in sorted(seen.items())]).decode()


@dataclass(frozen=True, slots=True)
class Filled:
    """A form that was sent. then: `setup` where it was sent on the way of setting a practice up."""

    given: Given
    seen: Mapping[Named, Any]
    then: str

    @property
    def entries(self) -> Entries:
        """What was entered, to be read; faults gather in it."""
        return Entries(self.given)

    def wanted(self, section: str, name: str, value: Any) -> Wanted:
        """A value that was entered, beside the one that was seen."""
        return Wanted(section, name, value, self.seen.get((section, name)))


async def filled(request: Request) -> Filled:
    """The form that came with a request. What was seen is only used to tell what was changed, so it need not be proven."""
    form = await request.form()
    given = {name: [one for one in form.getlist(name) if isinstance(one, str)] for name in form}
    given.pop(FIELD, None)
    seen, then = (next(iter(given.pop(name, [])), "") for name in (SEEN, THEN))
    return Filled(given, _unpacked(seen), then)


def _unpacked(text: str) -> dict[Named, Any]:
    try:
        return {(str(section), str(name)): value for section, name, value in orjson.loads(text or "[]")}
    except (orjson.JSONDecodeError, TypeError, ValueError):
        raise InvalidValue("This form is not as our page made it.", advice="Reload the page and enter it again.") from None


def shown_again(sent: Filled, faults: Iterable[FieldFault]) -> Sheet:
    """The form with what was typed, but no secret, and what is wrong with it."""
    return Sheet(_without_secrets(sent.given), packed(sent.seen), {fault.field: fault.sentence for fault in faults})


async def clashing(visit: PracticeVisit, sent: Filled, error: ChangedMeanwhile) -> Sheet:
    """The form with what was typed, and what others changed meanwhile; sent again, it stands over theirs."""
    seen = {**sent.seen, **{(clash.section, clash.name): clash.theirs for clash in error.clashes}}
    names = await name_actors(visit.services.database, (clash.changed_by for clash in error.clashes))
    return Sheet(_without_secrets(sent.given), packed(seen), {}, error.clashes, names)


def _without_secrets(given: Given) -> Given:
    return {name: values for name, values in given.items() if name not in SECRETS}


Show = Callable[[Sheet, int], Awaitable[Response]]


async def save(visit: PracticeVisit, sent: Filled, entries: Entries, wanted: Sequence[Wanted], show: Show, address: str) -> Response:
    """Put what was entered in force and go on, or show the form again with its faults or with what somebody else changed."""
    try:
        entries.close()
        async with visit.transaction() as transaction:
            changed = await change_settings(transaction, wanted, visit.caller.actor)
    except InvalidFields as error:
        return await show(shown_again(sent, error.faults), 422)
    except ChangedMeanwhile as error:
        return await show(await clashing(visit, sent, error), 409)
    count = sum(len(one.differences) for one in changed)
    said = f"Saved: {count} {'setting' if count == 1 else 'settings'} changed." if count else "Nothing was changed."
    return go(visit, on_to(visit, sent, address), said)


def on_to(visit: PracticeVisit, sent: Filled, address: str) -> str:
    """Where to go after saving: back to the form, or on with setting the practice up."""
    return f"{visit.root}{ATHENAHEALTH}/setup" if sent.then == SET_UP else address
