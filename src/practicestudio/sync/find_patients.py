"""Finding patients a page at a time; what was looked for and who was seen stand in the audit trail."""

from dataclasses import dataclass
from uuid import UUID

from practicestudio.access import audit
from practicestudio.access.audit import Action, AuditEntry
from practicestudio.matching import fits_query, search_terms
from practicestudio.records import Patient
from practicestudio.store import records as store
from practicestudio.store.database import Transaction
from practicestudio.store.records import Stored

FROM_THE_FIRST = UUID(int=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientsSought:
    """Who is looked for. text: beginnings of names, a date of birth, the end of a phone; external_id: athenahealth's. Who is found fits both."""

    text: str | None = None
    external_id: str | None = None

    @property
    def says_enough(self) -> bool:
        """Whether there is anything to look for."""
        return self.external_id is not None or bool(self.text and search_terms(self.text))


@dataclass(frozen=True, slots=True)
class PatientsFound:
    """A page, in the order in which patients came to be here. after: the place from which the next page goes on; None behind the last."""

    patients: tuple[Stored[Patient], ...]
    after: UUID | None


async def find_patients(transaction: Transaction, sought: PatientsSought, by: str, limit: int, after: UUID = FROM_THE_FIRST) -> PatientsFound:
    """The page behind `after`. It may hold fewer than limit, for the index knows only the beginnings of words."""
    if sought.external_id is not None:
        found = PatientsFound(tuple(await _of_external_id(transaction, sought.external_id)), None)
    else:
        found = await _of_text(transaction, sought.text or "", limit, after)
    fitting = tuple(one for one in found.patients if sought.text is None or fits_query(one.record, sought.text))
    await _note(transaction, sought, [one.id for one in fitting], by)
    return PatientsFound(fitting, found.after)


async def _of_external_id(transaction: Transaction, external_id: str) -> list[Stored[Patient]]:
    links = await store.find_links(transaction, "patient", [store.identity_of(transaction, "patient", external_id)])
    return list((await store.read_patients(transaction, [link.record_id for link in links.values()])).values())


async def _of_text(transaction: Transaction, text: str, limit: int, after: UUID) -> PatientsFound:
    rows = await store.patients_found(transaction, search_terms(text), after, limit + 1)
    return PatientsFound(tuple(rows[:limit]), rows[limit - 1].id if len(rows) > limit else None)


async def _note(transaction: Transaction, sought: PatientsSought, seen: list[UUID], by: str) -> None:
    wanted = {name: (None, value) for name in ("text", "external_id") if (value := getattr(sought, name)) is not None}
    search = AuditEntry(Action.PERSON_PATIENT_SEARCH, by, changes=wanted)
    await audit.write(transaction, [search, *(AuditEntry(Action.PERSON_PATIENT_VIEW, by, "patient", one) for one in seen)])
