"""One call of the API as a handler sees it, and the table entry that leads to the handler."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from practicestudio.sandbox.catalogue import Record
from practicestudio.sandbox.config import SandboxConfig
from practicestudio.sandbox.parameters import Parameters
from practicestudio.sandbox.practice import Actor, Practice
from practicestudio.sandbox.refusals import invalid, not_found
from practicestudio.sandbox.wire import Answer


@dataclass(frozen=True, slots=True)
class Call:
    """path: as called, for `next`. arguments: the variable parts of the path."""

    practice: Practice
    config: SandboxConfig
    actor: Actor
    parameters: Parameters
    path: str
    arguments: Mapping[str, str]

    def id(self, name: str) -> int:
        text = self.arguments[name]
        if not text.lstrip("-").isdigit() or len(text) > 15:
            raise invalid(f"Expecting type integer, but value is {text}")
        return int(text)

    def patient(self) -> tuple[int, Record]:
        """The patient of the path; 404 where there is none."""
        person = self.id("patientid")
        record = self.practice.people.record(person)
        if record is None:
            raise not_found("patient")
        return person, record

    def appointment(self) -> tuple[int, Record]:
        """The appointment or slot of the path; 404 where there is none."""
        appointment = self.id("appointmentid")
        record = self.practice.diary.record(appointment)
        if record is None or appointment in self.practice.diary.deleted:
            raise not_found("appointment")
        return appointment, record


Handler = Callable[[Call], Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """A row of the API: method and path below /v1/{practiceid}/, and who answers. preview: the Preview version has it too.

    A handler returns the body, or an Answer where the body alone does not say it all.
    """

    name: str
    method: str
    path: str
    handler: Handler
    preview: bool = True

    def answer(self, call: Call) -> Answer:
        body = self.handler(call)
        return body if isinstance(body, Answer) else Answer(body)
