"""The names under which all processes, and all practices that use it, share a credential's limits and its token; at rest they are blind."""

from collections.abc import Sequence
from urllib.parse import urlsplit
from uuid import UUID

from practicestudio.store.database import Transaction


def limits_name(client_id: str, base_url: str) -> str:
    """The name of a credential's limits: athenahealth counts per client id and host."""
    return f"{client_id}@{urlsplit(base_url).netloc.lower()}"


def token_name(client_id: str, base_url: str, scopes: Sequence[str]) -> str:
    """The name of a credential's token: another set of scopes is another token."""
    return f"{limits_name(client_id, base_url)} {' '.join(sorted(scopes))}"


def blind(shared: Transaction, name: str) -> UUID:
    """Such a name as the tables know it, for a client id need not be readable at rest. shared: a transaction on what practices share."""
    return shared.sealer.identity("credential", name)
