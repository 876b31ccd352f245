"""What a practice is called, and where its clocks stand."""

from practicestudio.practices.entries import Entries
from practicestudio.practices.fields import Field
from practicestudio.practices.practice import faults_of

FIELDS = (
    Field("athena_id", "athenahealth practice id", "The number in the path of every API call, such as 195900. It cannot be changed later."),
    Field("name", "Name", "What people call the practice."),
    Field("time_zone", "Time zone", "The practice's own, in which its schedules are written and its times are shown, such as America/New_York."),
)


def read(entries: Entries, athena_id: str | None = None) -> dict[str, str]:
    """The practice's athena_id, name and time_zone. athena_id: of the practice that is changed; None for a new one. Notes every fault."""
    value = {field.name: entries.text(field.name) for field in FIELDS}
    value["athena_id"] = athena_id or value["athena_id"]
    for fault in faults_of(value["athena_id"], value["name"], value["time_zone"]):
        entries.fault(fault.field, fault.sentence)
    return value
