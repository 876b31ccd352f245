"""`practicestudio patient`: found by what a person types, changed field by field."""

from typing import Any

import pytest

from practicestudio.cli.patient import changes_of
from practicestudio.errors import InvalidValue
from practicestudio.records import Address, Patient

PATIENT = Patient(first_name="Ana", address=Address(line1="1 Main St", city="Boston"), email="ana@example.org")


def test_a_change_here_is_known_there_after_a_worker_took_it(clinic: Any) -> None:
    patient = clinic.patient("8")
    clinic.ok("patient", "change", patient["id"], "address.line1=99 Elm St", "phone_home=(617) 555-0133")
    clinic.ok("sync", "feeds")
    known = clinic.patient("8")
    assert (known["address"]["line1"], known["phone_home"]) == ("99 Elm St", "+16175550133")
    told = clinic.ok("messages", "list", "--kind", "patient.update", "--state", "done", "--json").json
    assert patient["id"] in [one["record_id"] for one in told]


def test_nobody_is_found_where_nobody_fits(clinic: Any) -> None:
    assert clinic.ok("patient", "search", "zzyzx", "--json").json == []


def test_a_patient_that_is_not_there_is_a_sentence(clinic: Any) -> None:
    result = clinic("patient", "show", "01a2063c-5b71-7078-a950-39262a5dff85")
    assert result.status == 1
    assert "patient search" in result.err


def test_texts_become_values_of_the_record() -> None:
    changes = changes_of(PATIENT, {"address.city": "Salem", "email": "", "date_of_birth": "1980-02-29", "phone_work": "617 555 0100"})
    assert changes["address"] == Address(line1="1 Main St", city="Salem")
    assert changes["email"] is None
    assert changes["date_of_birth"].isoformat() == "1980-02-29"
    assert changes["phone_work"] == "+16175550100"


@pytest.mark.parametrize("given", [{"shoe_size": "9"}, {"address.planet": "Mars"}, {"address": "here"}, {"date_of_birth": "1980-02-31"}])
def test_what_is_no_field_or_no_value_is_refused_without_the_value(given: dict[str, str]) -> None:
    with pytest.raises(InvalidValue) as refused:
        changes_of(PATIENT, given)
    assert next(iter(given.values())) not in refused.value.sentence
