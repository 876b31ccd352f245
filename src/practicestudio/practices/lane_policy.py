"""What becomes of a lane after a message of it failed: it moves on, or it waits for a person."""

from collections.abc import Mapping
from typing import Literal

from practicestudio.errors import FieldFault

SECTION = "lane_policy"
Policy = Literal["move_on", "hold"]
POLICIES: tuple[Policy, ...] = ("move_on", "hold")

KINDS: Mapping[str, str] = {
    "patient": "A patient comes in",
    "appointment": "An appointment comes in",
    "patient.create": "A patient is registered at athenahealth",
    "patient.update": "A patient's changes are sent",
    "patient.put_back": "A patient's earlier values are given back",
    "patient.fetch": "A patient is read whole",
    "appointment.book": "A booking is sent",
    "appointment.reschedule": "A move to another time is sent",
    "appointment.cancel": "A cancellation is sent",
    "appointment.check_in": "A check-in is sent",
    "appointment.check_out": "A check-out is sent",
    "appointment.fetch": "An appointment is read",
    "feed.patients": "Changed patients are read",
    "feed.appointments": "Changed appointments are read",
    "feed.providers": "Changed providers are read",
    "pull.practice": "The practice's set-up is read",
    "pull.patients": "Every patient is read",
    "pull.appointments": "Every appointment is read",
    "connection.test": "The connection is tested",
}
"""Kinds of messages, in words."""


def faults_of(kind: str, value: object) -> list[FieldFault]:
    """Everything that is wrong with the policy for a kind of message."""
    if kind not in KINDS:
        return [FieldFault(kind, "There is no such kind of message.")]
    return [] if value in POLICIES else [FieldFault(kind, "This is not a lane policy. Choose to move on or to hold.")]
