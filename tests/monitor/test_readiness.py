"""A process may serve when the database answers with the schema of its version."""

from typing import Any

import psycopg
import pytest

from practicestudio.monitor.readiness import judge_schema, read_readiness
from practicestudio.store.migrate import MIGRATIONS


async def test_a_migrated_database_that_answers_is_ready(database: Any) -> None:
    assert (await read_readiness(database)).ready


async def test_a_database_that_does_not_answer_is_told(database: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any) -> None:
        raise psycopg.OperationalError

    monkeypatch.setattr(type(database), "shared", away)
    found = await read_readiness(database)
    assert not found.ready
    assert "does not answer" in found.because


def test_an_older_schema_is_told_with_its_first_missing_step_and_a_newer_one_is_fine() -> None:
    older = judge_schema(frozenset(MIGRATIONS[:-1]))
    assert not older.ready
    assert MIGRATIONS[-1] in older.because
    assert judge_schema(frozenset({*MIGRATIONS, "9999.future"})).ready
