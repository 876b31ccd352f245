"""What proves to athenahealth who we are, as it is entered: an empty field leaves what is set, and nothing that is set is ever shown."""

from practicestudio.practices.connection import AuthMethod
from practicestudio.practices.credentials import Credentials, faults_of
from practicestudio.practices.entries import Entries
from practicestudio.practices.fields import Field

FIELDS = (
    Field("client_id", "Client id", "As athenahealth's developer portal shows it."),
    Field("client_secret", "Client secret", "It goes in and never comes out: nobody can read it back, here or anywhere."),
    Field("private_key", "Private key", "PEM or JWK, RSA or EC on P-384, without a password; for the sign-in by private key."),
    Field("key_id", "Key id", "The id by which athenahealth knows the private key."),
)


def is_empty(entries: Entries) -> bool:
    """Nothing was entered, so what is set stays."""
    return not any(entries.text(field.name) for field in FIELDS)


def read(entries: Entries, auth: AuthMethod, known: Credentials | None) -> Credentials:
    """The credentials with what was entered, for this way of signing in; what is left empty stays as it is known. Notes every fault.

    Another client id takes another secret, so none is carried over to it.
    """
    client_id = entries.text("client_id") or (known.client_id if known else "")
    kept = known if known is not None and known.client_id == client_id else None
    if auth == "private_key_jwt":
        found = Credentials(
            client_id=client_id,
            private_key=entries.text("private_key") or (kept.private_key if kept else None),
            key_id=entries.text("key_id") or (kept.key_id if kept else None),
        )
    else:
        found = Credentials(client_id=client_id, client_secret=entries.text("client_secret") or (kept.client_secret if kept else None))
    for fault in faults_of(found):
        missing_key = auth == "private_key_jwt" and fault.field == "client_secret"
        entries.fault("private_key" if missing_key else fault.field, fault.sentence)
    return found
