"""What a mapping would change, before it is in force: the records that came last through it, told in counts alone."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from practicestudio.access import audit
from practicestudio.access.audit import Action, AuditEntry
from practicestudio.delivery.log import Filter, list_messages
from practicestudio.delivery.story import read_bodies
from practicestudio.errors import InvalidFields
from practicestudio.mapping import Override
from practicestudio.store.database import Transaction
from practicestudio.store.records import RecordKind
from practicestudio.sync.try_mapping import Sample, Side, otherwise, read_object, run, set_up_bench

MOST = 200


@dataclass(frozen=True, slots=True)
class Impact:
    """What a mapping would make of the records that came last. otherwise: how many would have another value somewhere; fields: where, with how
    many; refused, taken: how many would be refused that are taken now, and the other way round."""

    records: int
    otherwise: int
    refused: int
    taken: int
    fields: Mapping[str, int]


async def weigh_mapping(transaction: Transaction, kind: RecordKind, overrides: Sequence[Override], by: str, most: int = MOST) -> Impact:
    """The records of this kind that came last, through the mapping with these overrides and the one in force. Raises like `try_mapping`."""
    bench = await set_up_bench(transaction, overrides)
    sides = []
    for entry in await list_messages(transaction, Filter(kinds=[kind], direction="in"), most):
        sample = _sample(kind, (await read_bodies(transaction, entry.id)).get("received"))
        if sample is not None:
            sides.append((run(sample, bench.in_force, None, bench.names), run(sample, bench.tried, None, bench.names)))
    await audit.write(transaction, [AuditEntry(Action.PERSON_MAPPING_TRY, by, changes={"records": (None, len(sides))})])
    return impact_of(sides)


def impact_of(sides: Sequence[tuple[Side, Side]]) -> Impact:
    """The counts of records before and after."""
    fields: Counter[str] = Counter()
    changed = 0
    for before, after in sides:
        differing = otherwise(before.record, after.record) if before.refused is None and after.refused is None else ()
        changed += bool(differing)
        fields.update(path for path, _, _ in differing)
    return Impact(
        records=len(sides),
        otherwise=changed,
        refused=sum(before.refused is None and after.refused is not None for before, after in sides),
        taken=sum(before.refused is not None and after.refused is None for before, after in sides),
        fields=dict(fields.most_common()),
    )


def _sample(kind: RecordKind, body: bytes | None) -> Sample | None:
    """The body as a sample; None where it cannot be read, so that no mapping makes anything of it."""
    try:
        return None if body is None else Sample(kind, read_object(body))
    except InvalidFields:
        return None
