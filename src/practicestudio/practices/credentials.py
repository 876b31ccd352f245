"""What proves to athenahealth who we are: it goes in, is opened for the client alone, and never comes out to a page."""

from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Literal

import orjson

from practicestudio.errors import FieldFault, InvalidFields, Misconfigured
from practicestudio.practices import configuration
from practicestudio.store import sql
from practicestudio.store.database import Transaction

SECTION, NAME = "credentials", "rest"
Proof = Literal["client secret", "private key"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What proves who we are. Never printed: repr hides the secrets."""

    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    private_key: str | None = field(default=None, repr=False)
    key_id: str | None = None

    @property
    def proof(self) -> Proof:
        """Which kind of secret there is."""
        return "private key" if self.private_key else "client secret"


@dataclass(frozen=True, slots=True)
class CredentialsState:
    """All that a page may know of credentials: which kind was set, when and by whom."""

    proof: Proof
    set_at: datetime
    set_by: str


def faults_of(credentials: Credentials) -> list[FieldFault]:
    """Everything that is wrong with credentials, without a word of them."""
    found = []
    if not credentials.client_id.strip():
        found.append(FieldFault("client_id", "The client id is empty. athenahealth's developer portal shows it."))
    if not credentials.client_secret and not credentials.private_key:
        found.append(FieldFault("client_secret", "There is neither a client secret nor a private key. Enter one of them."))
    if credentials.private_key and not (credentials.key_id or "").strip():
        found.append(FieldFault("key_id", "A private key needs its key id. Enter the id by which athenahealth knows the key."))
    return found


async def set_credentials(transaction: Transaction, credentials: Credentials, by: str) -> None:
    """Store the credentials sealed; whoever reads the history sees that they changed, and nothing of them."""
    if faults := faults_of(credentials):
        raise InvalidFields(faults)
    before = await credentials_state(transaction)
    plain = orjson.dumps({one.name: getattr(credentials, one.name) for one in fields(Credentials)})
    sealed = transaction.sealer.seal("credentials", transaction.practice_id, plain)
    await sql.practices.put_credentials(transaction.connection, practice_id=transaction.practice_id, name=NAME, sealed=sealed, changed_by=by)
    await configuration.note(transaction, SECTION, NAME, None if before is None else _told(before.proof), _told(credentials.proof), by)


def _told(proof: Proof) -> dict[str, Any]:
    return {"proof": proof}


async def get_credentials(transaction: Transaction) -> Credentials:
    """The credentials, opened. For the client alone; no page, API or export may show them."""
    row = await _row(transaction)
    if row is None:
        raise Misconfigured("This practice has no credentials for athenahealth.", advice="Set them with `practicestudio connection set`.")
    return _opened(transaction, row[0])


async def credentials_state(transaction: Transaction) -> CredentialsState | None:
    """What may be shown of the credentials; None where none are set."""
    row = await _row(transaction)
    return None if row is None else CredentialsState(_opened(transaction, row[0]).proof, row[1], row[2])


async def _row(transaction: Transaction) -> Any:
    return await sql.practices.credentials(transaction.connection, practice_id=transaction.practice_id, name=NAME)


def _opened(transaction: Transaction, sealed: bytes) -> Credentials:
    return Credentials(**orjson.loads(transaction.sealer.open("credentials", transaction.practice_id, bytes(sealed))))
