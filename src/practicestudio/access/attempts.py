"""Failed tries, counted so that strangers' failures never shut somebody out of a device they know.

A device from which somebody has signed in before has a count of its own for that name; all others share one for the name, and one for the network
they come from (OWASP, Slow Down Online Guessing Attacks with Device Cookies). A try is counted before it is looked at, so that many at once are
no way around the count, and forgiven when it was right.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from practicestudio.access.audit import SYSTEM, Action, AuditEntry, write
from practicestudio.access.lockout import Failures, remembered, wait_until
from practicestudio.access.rules import Patience, Rules
from practicestudio.access.tokens import hash_of
from practicestudio.errors import Transient
from practicestudio.store import sql
from practicestudio.store.database import Transaction


class TooManyTries(Transient):
    """There were too many failed tries. retry_after: seconds until the next may be made."""

    code = "too_many_tries"
    default_advice = "A passkey, and a device that you have signed in from before, get in all the same."

    def __init__(self, retry_after: float) -> None:
        minutes = max(1, round(retry_after / 60))
        super().__init__(f"There were too many failed tries: wait {minutes} minute{'' if minutes == 1 else 's'}.")
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Counter:
    """What failures are counted for. id: its blind identity. own: whether it is one person's alone, so that being right clears it."""

    id: UUID
    patience: Patience
    own: bool = True


def sign_in_counters(transaction: Transaction, rules: Rules, name: str, address: str | None, known_device: str | None) -> list[Counter]:
    """What a try to sign in with this name counts for. known_device: the device's token, where it is known for this name."""
    if known_device:
        return [_counter(transaction, "device", f"{hash_of(known_device)} {name}", rules.device)]
    counters = [_counter(transaction, "strangers", name, rules.strangers)]
    if address:
        counters.append(_counter(transaction, "network", network_of(address), rules.network, own=False))
    return counters


def second_counters(transaction: Transaction, rules: Rules, person_id: UUID, known_device: str | None) -> list[Counter]:
    """What a try of a person's second factor counts for."""
    where = hash_of(known_device) if known_device else "strangers"
    return [_counter(transaction, "second", f"{where} {person_id}", rules.second)]


def _counter(transaction: Transaction, kind: str, what: str, patience: Patience, *, own: bool = True) -> Counter:
    return Counter(transaction.sealer.identity(f"failures.{kind}", what), patience, own)


def network_of(address: str) -> str:
    """What one attacker has of addresses at once: an IPv4 address, or an IPv6 network of 64 bits."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


async def count_try(transaction: Transaction, counters: Sequence[Counter], now: datetime) -> None:
    """Count a try as failed, before it is looked at. Raises TooManyTries, and counts nothing, where it must wait."""
    before = {}
    for counter in sorted(counters, key=lambda one: one.id):  # always in one order, so that two tries do not wait for each other
        row = await sql.access.lock_failures(transaction.connection, counter=counter.id, at=now)
        before[counter.id] = remembered(Failures(*row), now, counter.patience)
    waits = [until for counter in counters if (until := wait_until(before[counter.id], now, counter.patience))]
    if waits:
        raise TooManyTries((max(waits) - now).total_seconds())
    for counter in counters:
        count = before[counter.id].count + 1
        await sql.access.put_failures(transaction.connection, counter=counter.id, failures=count, at=now)
        if count == counter.patience.free:
            await write(transaction, [AuditEntry(Action.SYSTEM_SIGNIN_THROTTLE, SYSTEM, "counter", counter.id, changes={"failures": (None, count)})])


async def forgive(transaction: Transaction, counters: Sequence[Counter]) -> None:
    """Take the try back, for it was right; failures of one person alone are forgotten, those of a network stay but for this try."""
    for counter in counters:
        if counter.own:
            await sql.access.drop_failures(transaction.connection, counter=counter.id)
        else:
            await sql.access.take_back_failure(transaction.connection, counter=counter.id)
