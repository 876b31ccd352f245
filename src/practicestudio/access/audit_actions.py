"""What the audit trail records: one name for each thing that can be done, and what people call it."""

from collections.abc import Mapping
from enum import StrEnum


class Action(StrEnum):
    """Everything the trail records, as source:subject:action."""

    # Patients and appointments.
    ATHENA_PATIENT_CREATE = "athenahealth:patient:create"
    ATHENA_PATIENT_CHANGE = "athenahealth:patient:change"
    ATHENA_PATIENT_LINK = "athenahealth:patient:link"
    ATHENA_PATIENT_MERGE = "athenahealth:patient:merge"
    ATHENA_APPOINTMENT_CREATE = "athenahealth:appointment:create"
    ATHENA_APPOINTMENT_CHANGE = "athenahealth:appointment:change"
    PERSON_PATIENT_CREATE = "person:patient:create"
    PERSON_PATIENT_CHANGE = "person:patient:change"
    PERSON_PATIENT_VIEW = "person:patient:view"
    PERSON_PATIENT_SEARCH = "person:patient:search"
    PERSON_PATIENT_MERGE = "person:patient:merge"
    PERSON_APPOINTMENT_BOOK = "person:appointment:book"
    PERSON_APPOINTMENT_CHANGE = "person:appointment:change"
    PERSON_APPOINTMENT_VIEW = "person:appointment:view"
    PERSON_APPOINTMENT_SEARCH = "person:appointment:search"
    SYSTEM_PATIENT_SEND = "system:patient:send"
    SYSTEM_APPOINTMENT_SEND = "system:appointment:send"

    # Reviews: unsure matches and conflicts.
    PERSON_REVIEW_VIEW = "person:review:view"
    PERSON_REVIEW_SEARCH = "person:review:search"
    PERSON_MATCH_DECIDE = "person:match:decide"
    PERSON_CONFLICT_DECIDE = "person:conflict:decide"
    PERSON_REVIEW_UNDO = "person:review:undo"

    # Messages.
    PERSON_MESSAGE_VIEW = "person:message:view"
    PERSON_MESSAGE_SEARCH = "person:message:search"
    PERSON_MESSAGE_EXPORT = "person:message:export"
    PERSON_MESSAGE_RETRY = "person:message:retry"
    PERSON_MESSAGE_EDIT = "person:message:edit"
    PERSON_MESSAGE_DISCARD = "person:message:discard"
    PERSON_BODY_VIEW = "person:body:view"
    PERSON_BODY_SEARCH = "person:body:search"

    # Settings, connections, synchronisation.
    PERSON_PRACTICE_CREATE = "person:practice:create"
    PERSON_PRACTICE_CHANGE = "person:practice:change"
    PERSON_SETTINGS_CHANGE = "person:settings:change"
    PERSON_SETTINGS_ROLLBACK = "person:settings:rollback"
    PERSON_MAPPING_CHANGE = "person:mapping:change"
    PERSON_MAPPING_TRY = "person:mapping:try"
    PERSON_CREDENTIALS_CHANGE = "person:credentials:change"
    PERSON_CONNECTION_TEST = "person:connection:test"
    PERSON_ALERT_ACKNOWLEDGE = "person:alert:acknowledge"
    PERSON_SYNC_RUN = "person:sync:run"
    PERSON_SYNC_STOP = "person:sync:stop"
    SYSTEM_KEYS_ROTATE = "system:keys:rotate"

    # The trail itself.
    PERSON_AUDIT_VIEW = "person:audit:view"
    PERSON_AUDIT_SEARCH = "person:audit:search"
    PERSON_AUDIT_EXPORT = "person:audit:export"
    PERSON_AUDIT_VERIFY = "person:audit:verify"
    SYSTEM_AUDIT_CHECKPOINT = "system:audit:checkpoint"

    # Signing in.
    PERSON_SESSION_BEGIN = "person:session:begin"
    PERSON_SESSION_REFUSE = "person:session:refuse"
    PERSON_SESSION_END = "person:session:end"
    PERSON_ACCESS_REFUSE = "person:access:refuse"
    PERSON_PASSWORD_CHANGE = "person:password:change"  # noqa: S105
    PERSON_FACTOR_ADD = "person:factor:add"
    PERSON_FACTOR_REMOVE = "person:factor:remove"
    SYSTEM_SESSION_EXPIRE = "system:session:expire"
    SYSTEM_SIGNIN_THROTTLE = "system:signin:throttle"

    # People, roles, keys.
    PERSON_PERSON_CREATE = "person:person:create"
    PERSON_PERSON_CHANGE = "person:person:change"
    PERSON_PERSON_DEACTIVATE = "person:person:deactivate"
    PERSON_PERSON_REACTIVATE = "person:person:reactivate"
    PERSON_PERSON_RESET = "person:person:reset"
    PERSON_PERSON_LINK = "person:person:link"
    PERSON_PROVIDER_CHANGE = "person:provider:change"
    PERSON_ROLE_GRANT = "person:role:grant"
    PERSON_ROLE_REVOKE = "person:role:revoke"
    PERSON_KEY_CREATE = "person:key:create"
    PERSON_KEY_REVOKE = "person:key:revoke"

    # Emergency access.
    PERSON_EMERGENCY_BEGIN = "person:emergency:begin"
    PERSON_EMERGENCY_END = "person:emergency:end"

    @property
    def shows_patient_data(self) -> bool:
        """Whether what is sealed of it may be a patient's data."""
        return self.subject in _ABOUT_PATIENTS or self is Action.PERSON_MAPPING_TRY

    @property
    def source(self) -> str:
        """Who may do it: athenahealth, a person, or the system by itself."""
        return self.value.split(":")[0]

    @property
    def subject(self) -> str:
        """What it is done to."""
        return self.value.split(":")[1]

    @property
    def verb(self) -> str:
        """What is done."""
        return self.value.split(":")[2]


_ABOUT_PATIENTS = frozenset({"patient", "appointment", "review", "match", "conflict", "message", "body"})

GROUPS: Mapping[str, tuple[str, frozenset[str]]] = {
    "patients": ("Patients", frozenset({"patient"})),
    "appointments": ("Appointments", frozenset({"appointment"})),
    "reviews": ("Review", frozenset({"review", "match", "conflict"})),
    "messages": ("Messages", frozenset({"message", "body"})),
    "settings": ("Settings", frozenset({"practice", "settings", "mapping", "credentials", "alert", "keys", "provider"})),
    "work": ("Synchronisation and tests", frozenset({"sync", "connection"})),
    "access": ("People, roles and API keys", frozenset({"person", "role", "key"})),
    "sign-in": ("Sign-in", frozenset({"session", "signin", "password", "factor", "access"})),
    "emergency": ("Emergency access", frozenset({"emergency"})),
    "audit": ("The audit trail", frozenset({"audit"})),
}
"""Actions as people look for them: by what they are done to, each with what it is called."""


def actions_of(group: str) -> frozenset[Action]:
    """The actions of a group. Raises KeyError."""
    return frozenset(action for action in Action if action.subject in GROUPS[group][1])


WORDS: Mapping[Action, str] = {
    Action.ATHENA_PATIENT_CREATE: "athenahealth brought a new patient",
    Action.ATHENA_PATIENT_CHANGE: "athenahealth changed a patient",
    Action.ATHENA_PATIENT_LINK: "athenahealth's patient was linked to one of ours",
    Action.ATHENA_PATIENT_MERGE: "athenahealth merged a patient",
    Action.ATHENA_APPOINTMENT_CREATE: "athenahealth brought a new appointment",
    Action.ATHENA_APPOINTMENT_CHANGE: "athenahealth changed an appointment",
    Action.PERSON_PATIENT_CREATE: "Registered a patient",
    Action.PERSON_PATIENT_CHANGE: "Changed a patient",
    Action.PERSON_PATIENT_VIEW: "Looked at a patient",
    Action.PERSON_PATIENT_SEARCH: "Searched for patients",
    Action.PERSON_PATIENT_MERGE: "Joined two patients",
    Action.PERSON_APPOINTMENT_BOOK: "Booked an appointment",
    Action.PERSON_APPOINTMENT_CHANGE: "Changed an appointment",
    Action.PERSON_APPOINTMENT_VIEW: "Looked at an appointment",
    Action.PERSON_APPOINTMENT_SEARCH: "Looked at the schedule",
    Action.SYSTEM_PATIENT_SEND: "Sent a patient to athenahealth",
    Action.SYSTEM_APPOINTMENT_SEND: "Sent an appointment to athenahealth",
    Action.PERSON_REVIEW_VIEW: "Looked at a question",
    Action.PERSON_REVIEW_SEARCH: "Looked through the questions",
    Action.PERSON_MATCH_DECIDE: "Decided who a patient is",
    Action.PERSON_CONFLICT_DECIDE: "Decided whose value stands",
    Action.PERSON_REVIEW_UNDO: "Took a decision back",
    Action.PERSON_MESSAGE_VIEW: "Looked at a message",
    Action.PERSON_MESSAGE_SEARCH: "Searched the message log",
    Action.PERSON_MESSAGE_EXPORT: "Exported the message log",
    Action.PERSON_MESSAGE_RETRY: "Had a message worked again",
    Action.PERSON_MESSAGE_EDIT: "Corrected a message",
    Action.PERSON_MESSAGE_DISCARD: "Discarded a message",
    Action.PERSON_BODY_VIEW: "Looked at a message's body",
    Action.PERSON_BODY_SEARCH: "Searched message bodies",
    Action.PERSON_PRACTICE_CREATE: "Added a practice",
    Action.PERSON_PRACTICE_CHANGE: "Changed a practice",
    Action.PERSON_SETTINGS_CHANGE: "Changed a setting",
    Action.PERSON_SETTINGS_ROLLBACK: "Took a change of a setting back",
    Action.PERSON_MAPPING_CHANGE: "Changed a mapping",
    Action.PERSON_MAPPING_TRY: "Tried a mapping on a record",
    Action.PERSON_CREDENTIALS_CHANGE: "Set credentials",
    Action.PERSON_CONNECTION_TEST: "Tested a connection",
    Action.PERSON_ALERT_ACKNOWLEDGE: "Acknowledged an alert",
    Action.PERSON_SYNC_RUN: "Started a synchronisation",
    Action.PERSON_SYNC_STOP: "Stopped a synchronisation",
    Action.SYSTEM_KEYS_ROTATE: "Changed the keys",
    Action.PERSON_AUDIT_VIEW: "Looked at an audit entry",
    Action.PERSON_AUDIT_SEARCH: "Looked through the audit trail",
    Action.PERSON_AUDIT_EXPORT: "Exported the audit trail",
    Action.PERSON_AUDIT_VERIFY: "Verified the audit trail",
    Action.SYSTEM_AUDIT_CHECKPOINT: "Noted how far every practice's trail goes",
    Action.PERSON_SESSION_BEGIN: "Signed in",
    Action.PERSON_SESSION_REFUSE: "Was refused at sign-in",
    Action.PERSON_SESSION_END: "Signed out",
    Action.PERSON_ACCESS_REFUSE: "Was refused a page or a call",
    Action.PERSON_PASSWORD_CHANGE: "Changed a password",
    Action.PERSON_FACTOR_ADD: "Added a second factor",
    Action.PERSON_FACTOR_REMOVE: "Removed a second factor",
    Action.SYSTEM_SESSION_EXPIRE: "Signed somebody out whose time was over",
    Action.SYSTEM_SIGNIN_THROTTLE: "Made further tries to sign in wait",
    Action.PERSON_PERSON_CREATE: "Gave somebody access",
    Action.PERSON_PERSON_CHANGE: "Changed what is kept of somebody with access",
    Action.PERSON_PERSON_DEACTIVATE: "Took somebody's access away",
    Action.PERSON_PERSON_REACTIVATE: "Gave somebody's access back",
    Action.PERSON_PERSON_RESET: "Reset how somebody signs in",
    Action.PERSON_PERSON_LINK: "Linked an identity of a sign-in provider",
    Action.PERSON_PROVIDER_CHANGE: "Changed a sign-in provider",
    Action.PERSON_ROLE_GRANT: "Gave a role",
    Action.PERSON_ROLE_REVOKE: "Took a role away",
    Action.PERSON_KEY_CREATE: "Made an API key",
    Action.PERSON_KEY_REVOKE: "Revoked an API key",
    Action.PERSON_EMERGENCY_BEGIN: "Took emergency access",
    Action.PERSON_EMERGENCY_END: "Gave emergency access back",
}
