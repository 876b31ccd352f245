"""How it stands with a credential's token: good until when, or why there is none. The token itself is never read here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from practicestudio.errors import AccessDenied
from practicestudio.store import sql
from practicestudio.store.database import Transaction

Standing = Literal["good", "refused", "failing", "none"]


@dataclass(frozen=True, slots=True)
class TokenState:
    """good: there is one, until `good_until`. refused: athenahealth does not accept the credentials. failing: none came for another reason, which
    may pass. none: nobody has asked for one lately. why: what was said, where something was."""

    standing: Standing = "none"
    good_until: datetime | None = None
    why: str | None = None


def token_state(row: Sequence[Any] | None, now: datetime) -> TokenState:
    """The state from what is stored: end of the token, end of the pause after a refusal, and its code and sentence. A refusal stands until a token
    comes, for nobody knows better before. Pure."""
    expires_at, _, remembered = row or (None, None, None)
    code, _, why = (remembered or "").partition(" ")
    good_until = expires_at if expires_at is not None and expires_at > now else None
    if code == AccessDenied.code:
        return TokenState("refused", good_until, why)
    if good_until is not None:
        return TokenState("good", good_until, why or None)
    return TokenState("failing" if code else "none", None, why or None)


async def read_token_state(shared: Transaction, token: UUID, now: datetime) -> TokenState:
    """The state of the token of this blind name. shared: a transaction on what practices share."""
    return token_state(await sql.monitor.token(shared.connection, credential=str(token)), now)
