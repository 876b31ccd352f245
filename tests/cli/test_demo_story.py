"""Who plays in the demo, and what happens to them."""

from datetime import date, timedelta
from typing import Any

import pytest

from practicestudio.cli.demo_story import Cast, choose_cast, faults, happenings, is_to_come
from practicestudio.errors import Misconfigured
from practicestudio.sandbox.faults import KINDS

TODAY = date(2026, 11, 23)


def person(number: int, status: str = "active", ahead: int = 3) -> dict[str, Any]:
    day = (TODAY + timedelta(days=ahead)).strftime("%m/%d/%Y")
    return {"patientid": str(number), "status": status, "appointments": [{"appointmentid": f"9{number}", "appointmentstatus": "f", "date": day}]}


def test_every_part_is_played_by_somebody_else() -> None:
    cast = choose_cast([person(one) for one in range(1, 40)], TODAY)
    parts = [getattr(cast, name) for name in Cast.__dataclass_fields__]
    assert len(set(parts)) == len(parts)


def test_only_active_patients_play() -> None:
    cast = choose_cast([person(1, "deleted"), person(2, "prospective"), *(person(one) for one in range(3, 40))], TODAY)
    assert cast.mover == "3"


def test_too_few_people_are_told() -> None:
    with pytest.raises(Misconfigured, match="more patients"):
        choose_cast([person(one, ahead=-1) for one in range(1, 40)], TODAY)


@pytest.mark.parametrize(("status", "ahead", "fits"), [("f", 1, True), ("f", 0, False), ("f", 13, False), ("x", 3, False), ("2", 3, False)])
def test_only_what_is_booked_for_the_days_ahead_can_be_cancelled(status: str, ahead: int, fits: bool) -> None:
    day = (TODAY + timedelta(days=ahead)).strftime("%m/%d/%Y")
    assert is_to_come({"appointmentstatus": status, "date": day}, TODAY) is fits


def test_the_story_has_all_its_turns_and_faults_are_the_sandboxs() -> None:
    told = [wish["action"] for wish in happenings(choose_cast([person(one) for one in range(1, 40)], TODAY))]
    assert {"move", "marry", "book", "cancel", "no_show", "duplicate", "phone"} <= set(told)
    assert told.count("set") == 4
    assert {rule["kind"] for rule in faults("195900")} <= set(KINDS)
    assert all("/v1/195900/" in rule["match"] for rule in faults("195900"))
