"""Error Management: what went wrong by cause, and handling it: some, or all after a dry run."""

import json
import re
from collections.abc import Sequence

import pytest

from practicestudio.access.rights import Role
from practicestudio.delivery.counts import count_states
from practicestudio.delivery.inbox import accept
from practicestudio.delivery.message import Message, NewMessage
from practicestudio.delivery.outcome import Failed, Outcome
from practicestudio.delivery.worker import Handlers, Worker
from practicestudio.errors import Permanent
from practicestudio.practices.practice import Practice
from practicestudio.store.database import Database, Transaction
from tests.web.conftest import Person, SignIn


async def handle(_: Transaction, messages: Sequence[Message]) -> list[Outcome]:
    return [Failed(Permanent(f"The {message.body.decode()} is wrong.")) for message in messages]


@pytest.fixture
async def failed(database: Database, practice: Practice) -> None:
    news = [NewMessage(direction="in", door="rest", kind="note", about=str(n), body=b"name" if n else b"date") for n in range(4)]
    async with database.practice(practice.id) as transaction:
        await accept(transaction, news)
    await Worker(database, Handlers({"note": handle})).run_until_idle()


async def group_of(person: Person, practice: Practice, words: str) -> str:
    shown = (await person.get(f"/practices/{practice.athena_id}/settings/integrations/errors")).text
    found = re.search(rf'href="([^"]+/groups/\w+)">{words}', shown)
    assert found, shown
    return found[1]


async def test_the_queue_stands_by_cause_and_leads_to_its_messages(practice: Practice, sign_in: SignIn, failed: None) -> None:
    biller = await sign_in(Role.BILLER)
    group = await group_of(biller, practice, "The name is wrong.")
    shown = (await biller.get(group)).text
    assert shown.count('name="ids"') == 3
    assert "Retry all 3" in shown
    auditor = await sign_in(Role.AUDITOR)
    assert "Retry all" not in (await auditor.get(group)).text
    assert (await auditor.post(f"{group}/retry")).status_code == 403


async def test_all_of_a_cause_is_handled_after_a_dry_run(database: Database, practice: Practice, sign_in: SignIn, failed: None) -> None:
    ann = await sign_in(Role.ANALYST)
    group = await group_of(ann, practice, "The name is wrong.")
    assert "A dry run: nothing is done yet" in (await ann.get(f"{group}/discard")).text
    assert (await ann.post(f"{group}/discard", {"reason": ""})).status_code == 422
    told = [json.loads(line) for line in (await ann.post(f"{group}/discard", {"reason": "test data"})).text.splitlines()]
    assert told[-1] == {"done": 3, "total": 3, "words": "3 messages are discarded.", "end": True}
    async with database.practice(practice.id) as transaction:
        assert await count_states(transaction) == {"discarded": 3, "failed": 1}
    assert (await ann.get(group)).status_code == 404


async def test_only_what_is_ticked_is_retried(database: Database, practice: Practice, sign_in: SignIn, failed: None) -> None:
    ann = await sign_in(Role.ANALYST)
    group = await group_of(ann, practice, "The name is wrong.")
    ids = re.findall(r'name="ids" value="([^"]+)"', (await ann.get(group)).text)
    chosen = group.rpartition("/groups/")[0] + "/chosen"
    assert (await ann.post(chosen, {"act": "retry"})).status_code == 422
    answer = await ann.post(chosen, {"ids": ids[:2], "act": "retry", "key": group.rpartition("/")[2]})
    assert answer.headers["location"] == group
    async with database.practice(practice.id) as transaction:
        assert await count_states(transaction) == {"received": 2, "failed": 2}


async def test_an_empty_queue_says_so(practice: Practice, sign_in: SignIn) -> None:
    ann = await sign_in(Role.ANALYST)
    assert "Nothing is in the error queue" in (await ann.get(f"/practices/{practice.athena_id}/settings/integrations/errors")).text
