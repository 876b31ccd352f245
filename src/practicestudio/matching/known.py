"""Which values are known at all: placeholders that were typed to get past a form say nothing about a person."""

from datetime import date

from practicestudio.records import Patient

PLACEHOLDER_DATES = frozenset({date(1901, 1, 1), date(9999, 1, 1), date(9999, 12, 31)})
"""Dates that stand for `not known`; those before 1901 do in any case."""

PLACEHOLDER_PHONES = ("1234567890", "0123456789", "5551212")
"""How the digits of a placeholder end; so does one whose last seven digits are all the same."""

PLACEHOLDER_MAILBOXES = frozenset(
    {"decline", "declined", "donotemail", "donotreply", "na", "no", "noemail", "nomail", "none", "noreply", "notgiven", "null", "patient",
     "refused", "unknown"}
)  # fmt: skip
PLACEHOLDER_MAIL_HOSTS = frozenset({"none.com", "noemail.com", "noemail.org", "nomail.com", "noaddress.com", "declined.com"})

PLACEHOLDER_POSTAL_CODES = frozenset({"00000", "99999"})
PLACEHOLDER_SSN_ENDS = frozenset({"0000", "9999"})


def birth_date(patient: Patient) -> date | None:
    """The date of birth, unless it is a placeholder such as 01/01/1900."""
    born = patient.date_of_birth
    return None if born is None or born.year < 1901 or born in PLACEHOLDER_DATES else born


def phones(patient: Patient) -> list[str]:
    """The patient's different phones, E.164, without placeholders such as 999-999-9999."""
    given = (patient.phone_home, patient.phone_mobile, patient.phone_work)
    return [phone for phone in dict.fromkeys(given) if phone and not _is_placeholder_phone(phone)]


def email(patient: Patient) -> str | None:
    """The e-mail address in lower case, without placeholders such as noemail@…"""
    if not patient.email:
        return None
    address = patient.email.strip().lower()
    mailbox, at, host = address.rpartition("@")
    if not (mailbox and at and host) or host in PLACEHOLDER_MAIL_HOSTS:
        return None
    return None if mailbox.translate(_PUNCTUATION) in PLACEHOLDER_MAILBOXES else address


def postal_code(patient: Patient) -> str | None:
    """The first five digits of a ZIP code, or another country's code without spaces, in capitals."""
    code = patient.address.postal_code
    if not code:
        return None
    plain = "".join(character for character in code.upper() if character.isalnum())
    if len(plain) in (5, 9) and plain.isdigit():
        plain = plain[:5]
    return None if plain in PLACEHOLDER_POSTAL_CODES else plain or None


def ssn_last4(patient: Patient) -> str | None:
    """The last four digits of the social security number, unless they are a placeholder."""
    digits = patient.ssn_last4
    return None if not digits or digits in PLACEHOLDER_SSN_ENDS else digits


_PUNCTUATION = str.maketrans("", "", ".-_+/ ")


def _is_placeholder_phone(phone: str) -> bool:
    return len(phone) < 8 or phone.endswith(PLACEHOLDER_PHONES) or phone[-7:] == phone[-1] * 7
