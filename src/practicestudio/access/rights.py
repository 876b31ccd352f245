"""Who may do what: rights, the roles that hold them, and nothing else. The docs and the page of roles print these tables."""

from collections.abc import Mapping
from enum import StrEnum


class Right(StrEnum):
    """Everything that can be allowed, as subject:action. A right that shows patient data says so in its words."""

    OVERVIEW_VIEW = "overview:view"
    SETTINGS_VIEW = "settings:view"
    SETTINGS_CHANGE = "settings:change"
    CREDENTIALS_CHANGE = "credentials:change"
    CONNECTION_TEST = "connection:test"
    MAPPING_TRY = "mapping:try"
    SYNC_RUN = "sync:run"
    MESSAGES_VIEW = "messages:view"
    MESSAGES_EXPORT = "messages:export"
    BODIES_VIEW = "bodies:view"
    ERRORS_HANDLE = "errors:handle"
    ERRORS_EDIT = "errors:edit"
    REVIEWS_DECIDE = "reviews:decide"
    PATIENTS_VIEW = "patients:view"
    PATIENTS_CHANGE = "patients:change"
    APPOINTMENTS_VIEW = "appointments:view"
    APPOINTMENTS_CHANGE = "appointments:change"
    PEOPLE_MANAGE = "people:manage"
    KEYS_MANAGE = "keys:manage"
    AUDIT_VIEW = "audit:view"
    AUDIT_EXPORT = "audit:export"
    EMERGENCY_TAKE = "emergency:take"


WORDS: Mapping[Right, str] = {
    Right.OVERVIEW_VIEW: "See whether all is well: connections, rates, counts, alerts",
    Right.SETTINGS_VIEW: "See settings, mappings, schedules and their history",
    Right.SETTINGS_CHANGE: "Change settings, mappings and schedules, and take changes back",
    Right.CREDENTIALS_CHANGE: "Set credentials, which nobody can read back",
    Right.CONNECTION_TEST: "Test connections",
    Right.MAPPING_TRY: "Try a mapping on a real record (patient data)",
    Right.SYNC_RUN: "Start and stop synchronisation",
    Right.MESSAGES_VIEW: "See the message log, without bodies",
    Right.MESSAGES_EXPORT: "Export the message log",
    Right.BODIES_VIEW: "See and search message bodies (patient data)",
    Right.ERRORS_HANDLE: "Retry and discard failed messages",
    Right.ERRORS_EDIT: "Correct a failed message and send it again (patient data)",
    Right.REVIEWS_DECIDE: "Decide unsure matches and conflicts (patient data)",
    Right.PATIENTS_VIEW: "See patients (patient data)",
    Right.PATIENTS_CHANGE: "Register and change patients (patient data)",
    Right.APPOINTMENTS_VIEW: "See schedules and appointments (patient data)",
    Right.APPOINTMENTS_CHANGE: "Book, move, cancel and check in appointments (patient data)",
    Right.PEOPLE_MANAGE: "Give people access and take it away",
    Right.KEYS_MANAGE: "Make and revoke API keys",
    Right.AUDIT_VIEW: "See and verify the audit trail",
    Right.AUDIT_EXPORT: "Export the audit trail",
    Right.EMERGENCY_TAKE: "Take emergency access, with a reason",
}

PATIENT_DATA = frozenset(
    {
        Right.MAPPING_TRY, Right.BODIES_VIEW, Right.ERRORS_EDIT, Right.REVIEWS_DECIDE, Right.PATIENTS_VIEW, Right.PATIENTS_CHANGE,
        Right.APPOINTMENTS_VIEW, Right.APPOINTMENTS_CHANGE,
    }
)  # fmt: skip
"""The rights that show somebody patient data."""

EMERGENCY = frozenset({Right.PATIENTS_VIEW, Right.APPOINTMENTS_VIEW, Right.BODIES_VIEW})
"""What emergency access adds, for as long as it lasts."""


class Role(StrEnum):
    """What somebody is in a practice."""

    ADMINISTRATOR = "administrator"
    ANALYST = "interface_analyst"
    FRONT_DESK = "front_desk"
    CLINICIAN = "clinician"
    BILLER = "biller"
    AUDITOR = "auditor"


_WATCH = {Right.OVERVIEW_VIEW, Right.MESSAGES_VIEW}

RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.ADMINISTRATOR: frozenset(
        _WATCH
        | {
            Right.SETTINGS_VIEW, Right.SETTINGS_CHANGE, Right.CREDENTIALS_CHANGE, Right.CONNECTION_TEST, Right.SYNC_RUN, Right.MESSAGES_EXPORT,
            Right.ERRORS_HANDLE, Right.PEOPLE_MANAGE, Right.KEYS_MANAGE, Right.AUDIT_VIEW, Right.EMERGENCY_TAKE,
        }
    ),
    Role.ANALYST: frozenset(
        _WATCH
        | {
            Right.SETTINGS_VIEW, Right.SETTINGS_CHANGE, Right.CREDENTIALS_CHANGE, Right.CONNECTION_TEST, Right.MAPPING_TRY, Right.SYNC_RUN,
            Right.MESSAGES_EXPORT, Right.BODIES_VIEW, Right.ERRORS_HANDLE, Right.ERRORS_EDIT, Right.REVIEWS_DECIDE, Right.PATIENTS_VIEW,
            Right.APPOINTMENTS_VIEW,
        }
    ),
    Role.FRONT_DESK: frozenset(
        {
            Right.OVERVIEW_VIEW, Right.REVIEWS_DECIDE, Right.PATIENTS_VIEW, Right.PATIENTS_CHANGE, Right.APPOINTMENTS_VIEW,
            Right.APPOINTMENTS_CHANGE,
        }
    ),
    Role.CLINICIAN: frozenset(
        {Right.OVERVIEW_VIEW, Right.PATIENTS_VIEW, Right.PATIENTS_CHANGE, Right.APPOINTMENTS_VIEW, Right.APPOINTMENTS_CHANGE, Right.EMERGENCY_TAKE}
    ),
    Role.BILLER: frozenset({*_WATCH, Right.ERRORS_HANDLE, Right.PATIENTS_VIEW, Right.APPOINTMENTS_VIEW, Right.EMERGENCY_TAKE}),
    Role.AUDITOR: frozenset({*_WATCH, Right.SETTINGS_VIEW, Right.MESSAGES_EXPORT, Right.AUDIT_VIEW, Right.AUDIT_EXPORT}),
}  # fmt: skip
