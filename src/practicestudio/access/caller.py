"""Who asks for something, and what that person, program or command may."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self
from uuid import UUID

from practicestudio.access.rights import EMERGENCY, RIGHTS, Right, Role
from practicestudio.errors import NotAllowed
from practicestudio.store.database import SHARED

EVERYWHERE = SHARED
"""The nil practice: a role held there holds at every practice, also at those added later."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever asks.

    actor: as the trail names them (`person:<id>`, `key:<id>`, `cli:<user>`). name: to show. roles: by practice, see EVERYWHERE. scopes: at most
    these rights (API keys); None is no limit. emergency: practices with emergency access, and until when.
    """

    actor: str
    name: str
    person_id: UUID | None = None
    roles: Mapping[UUID, frozenset[Role]] = field(default_factory=dict)
    scopes: frozenset[Right] | None = None
    emergency: Mapping[UUID, datetime] = field(default_factory=dict)

    @classmethod
    def operator(cls, name: str) -> Self:
        """Whoever works on the machine itself, where the keys of all data lie: everything is theirs to do."""
        return cls(f"cli:{name}", name, roles={EVERYWHERE: frozenset(Role)})

    def rights(self, practice_id: UUID) -> frozenset[Right]:
        """What they may in this practice."""
        roles = self.roles.get(practice_id, frozenset()) | self.roles.get(EVERYWHERE, frozenset())
        held = frozenset[Right]().union(*(RIGHTS[role] for role in roles))
        if self.in_emergency(practice_id):
            held |= EMERGENCY
        return held if self.scopes is None else held & self.scopes

    def may(self, practice_id: UUID, right: Right) -> bool:
        """Whether they have this right in this practice."""
        return right in self.rights(practice_id)

    def require(self, practice_id: UUID, right: Right) -> None:
        """Raise NotAllowed unless they have this right in this practice."""
        if not self.may(practice_id, right):
            raise NotAllowed(f"This needs the right {right.value}, which you do not have here.")

    def practices(self, practice_ids: Sequence[UUID]) -> list[UUID]:
        """Those of these practices in which they may do anything at all."""
        return [one for one in practice_ids if self.rights(one)]

    def in_emergency(self, practice_id: UUID) -> bool:
        """Whether they have taken emergency access there, so that whatever they do is marked so in the trail."""
        return practice_id in self.emergency
