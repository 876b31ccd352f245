"""The client of athenahealth's REST API: `RestClient` for one connection, and on top of it patients, appointments, the practice, and feeds."""

from practicestudio.athena.rest.answers import Answer, Record
from practicestudio.athena.rest.appointments import Appointments
from practicestudio.athena.rest.budget import BudgetStore, MemoryBudgets
from practicestudio.athena.rest.calls import Call, CallLog, MemoryCallLog
from practicestudio.athena.rest.client import Purpose, RestClient
from practicestudio.athena.rest.coercion import as_bool, as_int, as_text
from practicestudio.athena.rest.connection import ConnectionSettings, Timeouts
from practicestudio.athena.rest.faults import BadAnswer, FeedNotActive, NotFound, RequestRefused, TokenRefused
from practicestudio.athena.rest.feeds import Feeds
from practicestudio.athena.rest.keeper import MemoryTokens, StoredToken, TokenStore
from practicestudio.athena.rest.limits import Budget, Decision, Grant, Refuse, Wait
from practicestudio.athena.rest.paging import Page, Shortfall
from practicestudio.athena.rest.patients import Patients
from practicestudio.athena.rest.practice import Practice
from practicestudio.athena.rest.token import Token
from practicestudio.athena.rest.transport import open_http, tls_context

__all__ = [
    "Answer",
    "Appointments",
    "BadAnswer",
    "Budget",
    "BudgetStore",
    "Call",
    "CallLog",
    "ConnectionSettings",
    "Decision",
    "FeedNotActive",
    "Feeds",
    "Grant",
    "MemoryBudgets",
    "MemoryCallLog",
    "MemoryTokens",
    "NotFound",
    "Page",
    "Patients",
    "Practice",
    "Purpose",
    "Record",
    "Refuse",
    "RequestRefused",
    "RestClient",
    "Shortfall",
    "StoredToken",
    "Timeouts",
    "Token",
    "TokenRefused",
    "TokenStore",
    "Wait",
    "as_bool",
    "as_int",
    "as_text",
    "open_http",
    "tls_context",
]
