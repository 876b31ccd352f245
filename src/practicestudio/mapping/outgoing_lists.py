"""What is sent of a patient's lists: custom fields in one call, insurances by one call each."""

from collections.abc import Collection, Mapping

from practicestudio.mapping.findings import Finding, OutgoingInsurance
from practicestudio.mapping.outbound import SendingPlan
from practicestudio.mapping.overrides import CUSTOM
from practicestudio.mapping.rows import Dialect
from practicestudio.mapping.times import iso_date, read_date, us_date
from practicestudio.records import CustomField, Insurance, Patient

INSURANCES = "insurances."
SELF_PAY = "0"
"""athenahealth's package for patients who pay themselves; it has no policy holder."""

UNMAPPED = "No custom field of athenahealth is mapped to this name."
READ_ONLY = "athenahealth does not let this custom field be changed."
NOT_AN_OPTION = "This is not an option of the custom field at athenahealth."
NOT_A_DATE = "This is not a date written as YYYY-MM-DD."
PACKAGE_STAYS = "athenahealth does not change the package of an insurance; end this one and add another."
NO_SUCH_INSURANCE = "There is no such insurance, neither now nor before."


def custom_fields_out(
    patient: Patient, names: Collection[str], known: Mapping[str, CustomField], dialect: Dialect, report: list[Finding]
) -> list[dict[str, str]]:
    """The items of the `customfields` parameter for these names; one that the patient no longer has is sent empty."""
    by_name = {field.name: field for field in known.values()}
    found = (_custom_field(name, patient.custom_fields.get(name, ""), by_name.get(name), dialect, report) for name in names)
    return [item for item in found if item is not None]


def _custom_field(name: str, value: str, field: CustomField | None, dialect: Dialect, report: list[Finding]) -> dict[str, str] | None:
    place = CUSTOM + name
    if field is None or field.read_only:
        report.append(Finding(place, UNMAPPED if field is None else READ_ONLY, "no_place"))
        return None
    wanted = "optionid" if field.kind == "select" else "customfieldvalue"
    text: str | None = value
    if value and field.kind == "select":
        text = next((option for option, words in field.options if words == value), None)
    elif value and field.kind == "date":
        day = read_date(value)
        text = None if day is None else us_date(day) if dialect == "platform" else iso_date(day)
    if text is None:
        report.append(Finding(place, NOT_AN_OPTION if field.kind == "select" else NOT_A_DATE, "error"))
        return None
    return {"customfieldid": field.external_id, wanted: text}


def new_insurances_out(patient: Patient, plan: SendingPlan, report: list[Finding]) -> tuple[OutgoingInsurance, ...]:
    """Every insurance of a new patient, the primary one first, because athenahealth takes no secondary one before it."""
    ordered = sorted(patient.insurances, key=lambda insurance: insurance.sequence or 0)
    return tuple(_created(insurance, plan, report) for insurance in ordered)


def changed_insurances_out(
    patient: Patient, previous: Patient | None, units: Collection[str], plan: SendingPlan, report: list[Finding]
) -> tuple[OutgoingInsurance, ...]:
    """One call for each of the units: add, change or remove."""
    calls = []
    for unit in units:
        now, before = _insurance(patient, unit), _insurance(previous, unit) if previous else None
        known = now or before
        if known is None and previous is not None:
            report.append(Finding(unit, NO_SUCH_INSURANCE, "no_place"))
        elif now is None:
            calls.append(OutgoingInsurance(action="remove", external_id=known.external_id if known else unit.removeprefix(INSURANCES)))
        elif now.external_id is None:
            calls.append(_created(now, plan, report))
        else:
            calls.append(_changed(now, before, plan, report))
    return tuple(calls)


def _created(insurance: Insurance, plan: SendingPlan, report: list[Finding]) -> OutgoingInsurance:
    found: list[Finding] = []
    values = plan.to_create(insurance, found)
    if insurance.package_id == SELF_PAY:
        found = [finding for finding in found if not finding.place.startswith(f"{INSURANCES}policy_holder_")]
    report.extend(found)
    return OutgoingInsurance(action="create", values=values)


def _changed(now: Insurance, before: Insurance | None, plan: SendingPlan, report: list[Finding]) -> OutgoingInsurance:
    if before is not None and before.package_id != now.package_id:
        report.append(Finding(f"{INSURANCES}package_id", PACKAGE_STAYS, "error"))
    units = [unit for unit, steps in plan.by_unit.items() if any(step.row.direction != "create" for step in steps)]
    return OutgoingInsurance(action="update", external_id=now.external_id, values=plan.to_change(now, before, units, report))


def _insurance(patient: Patient, unit: str) -> Insurance | None:
    """The insurance that the unit names: `insurances.<external_id>`, or `insurances.sequence-<n>` where athenahealth has given it no id."""
    key = unit.removeprefix(INSURANCES).rstrip("+")
    return next((one for one in patient.insurances if key == (one.external_id or f"sequence-{one.sequence}")), None)
