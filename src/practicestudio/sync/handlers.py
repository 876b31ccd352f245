"""Which use case handles which kind of message."""

from practicestudio.athena.rest import Purpose
from practicestudio.clock import Clock, now
from practicestudio.delivery.finish import LanePolicy
from practicestudio.delivery.worker import BatchHandler, Call, CallHandler, Handlers
from practicestudio.practices import configuration
from practicestudio.store.database import Transaction
from practicestudio.sync.doors import Doors
from practicestudio.sync.fetch_record import FetchRecord
from practicestudio.sync.obey_rules import ObeyingBatch, ObeyingCall
from practicestudio.sync.poll_feed import PollFeed
from practicestudio.sync.pull_appointments import PullAppointments
from practicestudio.sync.pull_patients import PullPatients
from practicestudio.sync.pull_practice import PullPractice, pull_practice
from practicestudio.sync.push_appointment import PushAppointment
from practicestudio.sync.push_patient import UpdatePatient
from practicestudio.sync.put_back import PutPatientBack
from practicestudio.sync.receive_appointment import receive_appointments
from practicestudio.sync.receive_patient import receive_patients
from practicestudio.sync.register_patient import RegisterPatient
from practicestudio.sync.run_connection_tests import RunConnectionTest


def handlers(doors: Doors, clock: Clock = now) -> Handlers:
    """The table of handlers, over these doors."""

    async def providers_changed(call: Call, purpose: Purpose) -> None:
        await pull_practice(doors, call, purpose)

    appointment, fetch = PushAppointment(doors), FetchRecord(doors)
    batch: dict[str, BatchHandler] = {"patient": receive_patients, "appointment": receive_appointments}
    calls: dict[str, CallHandler] = {
        "pull.practice": PullPractice(doors),
        "pull.patients": PullPatients(doors, clock),
        "pull.appointments": PullAppointments(doors, clock),
        "feed.patients": PollFeed("patients", doors, clock),
        "feed.appointments": PollFeed("appointments", doors, clock),
        "feed.providers": PollFeed("providers", doors, clock, providers_changed),
        "patient.create": RegisterPatient(doors),
        "patient.update": UpdatePatient(doors, clock),
        "patient.put_back": PutPatientBack(doors),
        "patient.fetch": fetch.patient,
        "appointment.fetch": fetch.appointment,
        "appointment.book": appointment.book,
        "appointment.reschedule": appointment.reschedule,
        "appointment.cancel": appointment.cancel,
        "appointment.check_in": appointment.check_in,
        "appointment.check_out": appointment.check_out,
        "connection.test": RunConnectionTest(doors),
    }
    return Handlers(
        batch={kind: ObeyingBatch(handler) for kind, handler in batch.items()},
        call={kind: ObeyingCall(handler) for kind, handler in calls.items()},
        policies=lane_policy,
    )


async def lane_policy(transaction: Transaction, kind: str) -> LanePolicy:
    """What the practice set for lanes after a failed message of this kind; a failed message steps aside unless it set `hold`.

    Nothing else of its set-up is read, for that may be the very thing that failed.
    """
    policies = (await configuration.read(transaction)).get("lane_policy", {})
    return "hold" if policies.get(kind) == "hold" else "move_on"
