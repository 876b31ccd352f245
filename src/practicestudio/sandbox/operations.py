"""The table of the API: which operation a method and a path mean."""

from collections import defaultdict
from collections.abc import Iterable

from practicestudio.sandbox.call import Operation

# Everything that needs more than patients and appointments: the Preview version answers these with 403, whether they exist here or not.
PREVIEW_AREAS = frozenset(
    (
        *("ping", "practiceinfo", "departments", "providers", "customfields", "races", "ethnicities", "languages"),
        *("appointmenttypes", "patientappointmentreasons", "appointmentcancelreasons", "patients", "appointments"),
    )
)


class Table:
    """Operations found by method and path. A literal part of a path wins over a variable one."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._rows: defaultdict[tuple[str, int], list[tuple[tuple[str, ...], Operation]]] = defaultdict(list)
        for operation in operations:
            parts = tuple(operation.path.split("/"))
            self._rows[operation.method, len(parts)].append((parts, operation))
        for rows in self._rows.values():
            rows.sort(key=lambda row: [part.startswith("{") for part in row[0]])

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        """The operation of a path below /v1/{practiceid}/, and the variable parts of the path."""
        parts = path.split("/")
        for pattern, operation in self._rows.get((method, len(parts)), ()):
            if all(wanted == part or (wanted.startswith("{") and part) for wanted, part in zip(pattern, parts, strict=True)):
                return operation, {wanted[1:-1]: part for wanted, part in zip(pattern, parts, strict=True) if wanted.startswith("{")}
        return None
