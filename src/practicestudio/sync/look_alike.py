"""Before somebody is registered: who is known already and may be the same person."""

from practicestudio.matching import Candidate, Unsure, decide
from practicestudio.matching import Link as Matched
from practicestudio.records import Patient
from practicestudio.store import records as store
from practicestudio.store.database import Transaction
from practicestudio.store.records import Stored


async def look_alikes(transaction: Transaction, patient: Patient) -> list[Stored[Patient]]:
    """Patients who are, or may be, this person; the likeliest first."""
    by_key = await store.find_candidates(transaction, store.blind_match_keys(transaction, patient))
    ids = list({one for candidates in by_key.values() for one in candidates})
    found = {one: stored for one, stored in (await store.read_patients(transaction, ids)).items() if stored.merged_into is None}
    decision = decide(patient, [Candidate(one, stored.record) for one, stored in found.items()])
    if isinstance(decision, Matched):
        return [found[decision.id]]
    return [found[one.id] for one in decision.candidates] if isinstance(decision, Unsure) else []
