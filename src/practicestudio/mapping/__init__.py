"""athenahealth's words and our records: declared rows, applied in both directions, with nothing dropped in silence. No I/O here."""

from practicestudio.mapping.appointment_rows import APPOINTMENT, BOOKING, BOOKING_IN_GUIDE
from practicestudio.mapping.codes import ALL_CODE_TABLES
from practicestudio.mapping.findings import Finding, Mapped, Outgoing, OutgoingInsurance, Report
from practicestudio.mapping.insurance_rows import INSURANCE
from practicestudio.mapping.overrides import (
    CodeOverride,
    CustomFieldOverride,
    DefaultValue,
    FieldOverride,
    Override,
    ValidationRule,
    override_from_row,
    override_to_row,
)
from practicestudio.mapping.patient_rows import PATIENT
from practicestudio.mapping.practice_items import ItemKind, practice_item_in
from practicestudio.mapping.practice_mapping import UNITS_OF_PATIENT, PracticeMapping
from practicestudio.mapping.practice_rows import APPOINTMENT_REASON, APPOINTMENT_TYPE, CUSTOM_FIELD, LOCATION, PROVIDER
from practicestudio.mapping.references import References
from practicestudio.mapping.rows import CodeRow, CodeTable, Dialect, FieldMap, Row

ALL_MAPS = (PATIENT, INSURANCE, APPOINTMENT, BOOKING, BOOKING_IN_GUIDE, LOCATION, PROVIDER, APPOINTMENT_TYPE, APPOINTMENT_REASON, CUSTOM_FIELD)

__all__ = [
    "ALL_CODE_TABLES",
    "ALL_MAPS",
    "APPOINTMENT",
    "APPOINTMENT_REASON",
    "APPOINTMENT_TYPE",
    "BOOKING",
    "BOOKING_IN_GUIDE",
    "CUSTOM_FIELD",
    "INSURANCE",
    "LOCATION",
    "PATIENT",
    "PROVIDER",
    "UNITS_OF_PATIENT",
    "CodeOverride",
    "CodeRow",
    "CodeTable",
    "CustomFieldOverride",
    "DefaultValue",
    "Dialect",
    "FieldMap",
    "FieldOverride",
    "Finding",
    "ItemKind",
    "Mapped",
    "Outgoing",
    "OutgoingInsurance",
    "Override",
    "PracticeMapping",
    "References",
    "Report",
    "Row",
    "ValidationRule",
    "override_from_row",
    "override_to_row",
    "practice_item_in",
]
