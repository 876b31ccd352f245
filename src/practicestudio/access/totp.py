"""Time-based codes (RFC 6238) from an app as a second factor: the secret is sealed, and each code is taken once."""

import io
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import pyotp
import segno

from practicestudio.access.tokens import same
from practicestudio.errors import InvalidValue
from practicestudio.store import sql
from practicestudio.store.database import Transaction

ISSUER = "Practice Studio"
DIGITS = 6
_TOLERATED = (0, -1, 1)
"""Steps of half a minute that a code may be off: the present one, and for slow fingers and clocks the ones beside it."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an app needs to make codes. secret: base32, to type in. address: `otpauth://…`. picture: the address as a QR code, SVG."""

    secret: str = field(repr=False)
    address: str = field(repr=False)
    picture: str = field(repr=False)


async def begin(transaction: Transaction, person_id: UUID, sign_in_name: str) -> Enrolment:
    """A new secret, which counts once a code of it was shown. Raises InvalidValue where one counts already: that is removed first, if at all."""
    secret = pyotp.random_base32()
    sealed = transaction.sealer.seal("totp_secrets", person_id, secret.encode())
    if not await sql.access.put_totp_secret(transaction.connection, person_id=person_id, sealed=sealed):
        raise InvalidValue("An app makes codes for you already.", advice="Remove it first, if you no longer have it.")
    return _enrolment(secret, sign_in_name)


async def begun(transaction: Transaction, person_id: UUID, sign_in_name: str) -> Enrolment | None:
    """The secret that was begun and does not count yet, to look at once more."""
    row = await sql.access.totp_secret(transaction.connection, person_id=person_id)
    if row is None or row[1] is not None:
        return None
    return _enrolment(transaction.sealer.open("totp_secrets", person_id, row[0]).decode(), sign_in_name)


def _enrolment(secret: str, sign_in_name: str) -> Enrolment:
    address = pyotp.TOTP(secret, digits=DIGITS).provisioning_uri(name=sign_in_name, issuer_name=ISSUER)
    return Enrolment(secret, address, _picture(address))


async def is_confirmed(transaction: Transaction, person_id: UUID) -> bool:
    """Whether the person has an app that makes codes."""
    row = await sql.access.totp_secret(transaction.connection, person_id=person_id)
    return row is not None and row[1] is not None


async def take_code(transaction: Transaction, person_id: UUID, code: str, now: datetime) -> bool:
    """Whether this is a code of now that was not taken before; then neither it nor an older one is taken again."""
    row = await sql.access.totp_secret(transaction.connection, person_id=person_id)
    if row is None or row[1] is None:
        return False
    step = _step_of(transaction, person_id, row[0], code, now)
    return step is not None and bool(await sql.access.take_totp_step(transaction.connection, person_id=person_id, step=step))


async def confirm(transaction: Transaction, person_id: UUID, code: str, now: datetime) -> bool:
    """Whether the app makes the codes of the new secret; from then on it counts."""
    row = await sql.access.totp_secret(transaction.connection, person_id=person_id)
    step = _step_of(transaction, person_id, row[0], code, now) if row and row[1] is None else None
    if step is None:
        return False
    await sql.access.confirm_totp_secret(transaction.connection, person_id=person_id, at=now, step=step)
    return True


async def remove(transaction: Transaction, person_id: UUID) -> bool:
    """Take no codes of the person's app any more. Whether there were any to take."""
    return bool(await sql.access.drop_totp_secret(transaction.connection, person_id=person_id))


def _step_of(transaction: Transaction, person_id: UUID, sealed: bytes, code: str, now: datetime) -> int | None:
    """The time step that the code is of, if it is of one that is tolerated."""
    app = pyotp.TOTP(transaction.sealer.open("totp_secrets", person_id, sealed).decode(), digits=DIGITS)
    given, present = "".join(code.split()), app.timecode(now)
    steps = [present + offset for offset in _TOLERATED if same(app.generate_otp(present + offset), given)]
    return steps[0] if steps else None


def _picture(address: str) -> str:
    drawn = io.BytesIO()
    segno.make(address, error="m").save(drawn, kind="svg", scale=5, border=2, xmldecl=False, svgns=True, dark="#000", light="#fff", omitsize=True)
    return drawn.getvalue().decode()
