"""Passkeys (W3C Web Authentication): on a person's device, which asks for a finger, a face or a PIN; good alone and as second factor."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import orjson
from webauthn import generate_authentication_options, generate_registration_options, verify_authentication_response, verify_registration_response
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, options_to_json_dict, parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from practicestudio.access.people import Person
from practicestudio.access.rules import Rules
from practicestudio.access.sign_in import SignInRefused
from practicestudio.clock import new_id
from practicestudio.errors import InvalidValue
from practicestudio.store import sql
from practicestudio.store.database import Transaction, rows

MOST = 20
_NAME = "Practice Studio"
_LONGEST = 20_000  # of an answer, in characters; a usual one has about a thousand
_REQUIRED = UserVerificationRequirement.REQUIRED


@dataclass(frozen=True, slots=True)
class Passkey:
    """One of a person's passkeys. name: what the person calls it. backed_up: whether the device's maker keeps a copy."""

    id: UUID
    person_id: UUID
    credential: bytes
    public_key: bytes
    name: str
    backed_up: bool
    sign_count: int
    added_at: datetime
    used_at: datetime | None


def registration_options(rules: Rules, person: Person, existing: list[Passkey]) -> tuple[dict[str, Any], bytes]:
    """What to ask a browser for to make a passkey (PublicKeyCredentialCreationOptionsJSON), and the challenge in it."""
    options = generate_registration_options(
        rp_id=_party(rules),
        rp_name=_NAME,
        user_id=person.id.bytes,
        user_name=person.sign_in_name,
        user_display_name=person.name,
        exclude_credentials=_descriptors(existing),
        authenticator_selection=AuthenticatorSelectionCriteria(resident_key=ResidentKeyRequirement.PREFERRED, user_verification=_REQUIRED),
    )
    return options_to_json_dict(options), options.challenge


def authentication_options(rules: Rules, allowed: list[Passkey]) -> tuple[dict[str, Any], bytes]:
    """What to ask a browser for to use a passkey (PublicKeyCredentialRequestOptionsJSON), and the challenge in it. allowed: none for any."""
    options = generate_authentication_options(rp_id=_party(rules), allow_credentials=_descriptors(allowed), user_verification=_REQUIRED)
    return options_to_json_dict(options), options.challenge


async def add_passkey(transaction: Transaction, rules: Rules, person_id: UUID, challenge: bytes, answer: str, name: str) -> None:
    """Keep the passkey that a browser made. Raises InvalidValue where it is not what was asked for, or there are too many."""
    if len(await read_passkeys(transaction, person_id)) >= MOST:
        raise InvalidValue(f"There are {MOST} passkeys already.", advice="Remove one that you no longer use.")
    try:
        made = verify_registration_response(
            credential=answer[:_LONGEST],
            expected_challenge=challenge,
            expected_rp_id=_party(rules),
            expected_origin=rules.address,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        raise InvalidValue("The device's answer is not what was asked for.", advice="Try again, or use another device.") from None
    passkey_id, plain = (
        new_id(),
        {
            "credential": bytes_to_base64url(made.credential_id),
            "public_key": bytes_to_base64url(made.credential_public_key),
            "name": " ".join(name.split())[:60] or "Passkey",
            "backed_up": made.credential_backed_up,
        },
    )
    added = await sql.access.insert_passkey(
        transaction.connection,
        id=passkey_id,
        person_id=person_id,
        credential=_identity(transaction, made.credential_id),
        sealed=transaction.sealer.seal("passkeys", passkey_id, orjson.dumps(plain)),
        sign_count=made.sign_count,
    )
    if not added:
        raise InvalidValue("This passkey is known already.", advice="Use it to sign in.")


async def check_passkey(transaction: Transaction, rules: Rules, challenge: bytes, answer: str, now: datetime) -> Passkey:
    """The passkey that answered the challenge. Raises SignInRefused where it is unknown, or the answer not right."""
    refused = SignInRefused("The passkey was not accepted.", advice="Try again, or sign in another way.")
    try:
        given = parse_authentication_credential_json(answer[:_LONGEST])
        row = await sql.access.passkey(transaction.connection, credential=_identity(transaction, given.raw_id))
        if row is None:
            raise refused
        known = _passkey(transaction, row)
        if given.response.user_handle not in (None, known.person_id.bytes):
            raise refused
        proved = verify_authentication_response(
            credential=given,
            expected_challenge=challenge,
            expected_rp_id=_party(rules),
            expected_origin=rules.address,
            credential_public_key=known.public_key,
            credential_current_sign_count=known.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        raise refused from None
    # The count goes up with each use on devices that count; else a copy of the device may be about, or another try was quicker.
    if not await sql.access.use_passkey(transaction.connection, id=known.id, before=known.sign_count, after=proved.new_sign_count, at=now):
        raise refused
    return known


async def read_passkeys(transaction: Transaction, person_id: UUID) -> list[Passkey]:
    """A person's passkeys, the first made first."""
    return [_passkey(transaction, row) for row in await rows(sql.access.passkeys_of(transaction.connection, person_id=person_id))]


async def remove_passkey(transaction: Transaction, person_id: UUID, passkey_id: UUID) -> bool:
    """Accept this passkey no more. Whether it was the person's."""
    return bool(await sql.access.drop_passkey(transaction.connection, id=passkey_id, person_id=person_id))


def works_at(rules: Rules) -> bool:
    """Whether browsers make passkeys for the pages' address: they do for a name, over TLS or on this machine, and not for an IP address."""
    parts = urlsplit(rules.address)
    host = parts.hostname or ""
    return (parts.scheme == "https" or host == "localhost") and not host.replace(".", "").isdigit() and ":" not in host


def _party(rules: Rules) -> str:
    return urlsplit(rules.address).hostname or "localhost"


def _descriptors(passkeys: list[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=passkey.credential) for passkey in passkeys]


def _identity(transaction: Transaction, credential: bytes) -> UUID:
    return transaction.sealer.identity("passkey", bytes_to_base64url(credential))


def _passkey(transaction: Transaction, row: Any) -> Passkey:
    passkey_id, person_id, sealed, sign_count, added_at, used_at = row
    plain = orjson.loads(transaction.sealer.open("passkeys", passkey_id, sealed))
    credential, public_key = base64url_to_bytes(plain["credential"]), base64url_to_bytes(plain["public_key"])
    return Passkey(passkey_id, person_id, credential, public_key, plain["name"], plain["backed_up"], sign_count, added_at, used_at)
