"""Lists inside a patient: insurances and custom fields."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from practicestudio.mapping.conversions import NO_SUCH_DATE, not_sent
from practicestudio.mapping.findings import Finding
from practicestudio.mapping.insurance_rows import INSURANCE
from practicestudio.mapping.rows import LONGEST_TEXT, Context, Reader, Writer
from practicestudio.mapping.times import read_date
from practicestudio.mapping.values import as_text
from practicestudio.records import Address, CustomField, Insurance

NOT_A_LIST = "This is not a list, so it was left out."
NOT_AN_ITEM = "An item of this list is not an object, so it was left out."
TOO_MANY = "This list has more than the {most} items that are taken."
NAMELESS_INSURANCE = "An insurance has neither an id nor a sequence number, so it was left out."
UNKNOWN_FIELD = "This custom field is not mapped; read the practice's custom fields from athenahealth or map it."
UNKNOWN_OPTION = "This is not an option of the custom field."

MOST_INSURANCES = 50
MOST_CUSTOM_FIELDS = 1_000


def objects(raw: Any, report: list[Finding], place: str, most: int) -> list[dict[str, Any]]:
    """The objects of a list; anything else in it is reported, and a list over the limit is an error."""
    if not isinstance(raw, list):
        report.append(Finding(place, NOT_A_LIST, "no_place"))
        return []
    if len(raw) > most:
        report.append(Finding(place, TOO_MANY.format(most=most), "error"))
        return []
    found = [one for one in raw if isinstance(one, dict)]
    if len(found) < len(raw):
        report.append(Finding(place, NOT_AN_ITEM, "no_place"))
    return found


@dataclass(frozen=True, slots=True)
class InsuranceList:
    """The insurances of a patient, by the rows of the insurance map."""

    label: str = "insurances"

    def reader(self, context: Context) -> Reader:
        read_one = context.compile_map(INSURANCE)

        def read(raw: Any, report: list[Finding], place: str) -> tuple[Insurance, ...]:
            return tuple(one for body in objects(raw, report, place, MOST_INSURANCES) if (one := _insurance(read_one(body, report), report, place)))

        return read

    def writer(self, context: Context) -> Writer:
        return not_sent


def _insurance(groups: Mapping[str, dict[str, Any]], report: list[Finding], place: str) -> Insurance | None:
    top, address = groups[""], groups["policy_holder_address"]
    if "external_id" not in top and "sequence" not in top:
        report.append(Finding(place, NAMELESS_INSURANCE, "no_place"))
        return None
    if address:
        top["policy_holder_address"] = Address(**address)
    return Insurance(**top)


@dataclass(frozen=True, slots=True)
class CustomFieldList:
    """The custom fields of a patient, by the names that the practice's rows give them."""

    label: str = "custom fields"

    def reader(self, context: Context) -> Reader:
        known = context.custom_fields
        options = {field.external_id: dict(field.options) for field in known.values()}

        def read(raw: Any, report: list[Finding], place: str) -> dict[str, str]:
            found: dict[str, str] = {}
            for item in objects(raw, report, place, MOST_CUSTOM_FIELDS):
                external_id = as_text(item.get("customfieldid"), report, place, 100) or ""
                custom = known.get(external_id)
                if custom is None:
                    where = f"{place}.{external_id}" if external_id.isdecimal() else place
                    report.append(Finding(where, UNKNOWN_FIELD, "no_place"))
                    continue
                value = _custom_value(item, custom, options[external_id], report)
                if value is not None:
                    found[custom.name] = value
            return found

        return read

    def writer(self, context: Context) -> Writer:
        return not_sent


@dataclass(frozen=True, slots=True)
class OptionList:
    """The options of a custom field: pairs of optionid and words."""

    label: str = "options"

    def reader(self, context: Context) -> Reader:
        def read(raw: Any, report: list[Finding], place: str) -> tuple[tuple[str, str], ...]:
            pairs = (
                tuple(as_text(item.get(name) or "", report, place, LONGEST_TEXT) for name in ("optionid", "optionvalue"))
                for item in objects(raw, report, place, MOST_CUSTOM_FIELDS)
            )
            return tuple((option, words) for option, words in pairs if option and words)

        return read

    def writer(self, context: Context) -> Writer:
        return not_sent


def _custom_value(item: dict[str, Any], custom: CustomField, options: dict[str, str], report: list[Finding]) -> str | None:
    place = f"custom_fields.{custom.name}"
    if custom.kind == "select":
        return _chosen(item, options, report, place)
    raw = item.get("customfieldvalue")
    value = None if raw is None else as_text(raw, report, place, LONGEST_TEXT)
    if value is None or custom.kind == "text":
        return value
    day = read_date(value)
    if day is None:
        report.append(Finding(place, NO_SUCH_DATE, "no_place"))
        return None
    return day.isoformat()


def _chosen(item: dict[str, Any], options: dict[str, str], report: list[Finding], place: str) -> str | None:
    given = [item.get("optionid"), item.get("customfieldvalue")]
    texts = [text for raw in given if raw is not None and (text := as_text(raw, report, place, LONGEST_TEXT))]
    for text in texts:
        if text in options:
            return options[text]
        if text in options.values():
            return text
    if texts:
        report.append(Finding(place, UNKNOWN_OPTION, "no_place"))
    return None
