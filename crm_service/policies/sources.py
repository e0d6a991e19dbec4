"""Where a policy lets data about people come from (clauses se-02 and si-08)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crm_service.policies.vocabulary import SOURCE_KINDS, WAYS


@dataclass(frozen=True)
class Sources:
    """``kinds``: the sources that the policy names; None leaves it at the closed list.

    ``unnamed``: what data count as that came by ``api`` or ``import`` without a word of where from.
    """

    kinds: frozenset[str] | None = None
    unnamed: str | None = None

    @property
    def allowed(self) -> tuple[str, ...]:
        """The kinds of the closed list that data may come from."""
        return tuple(kind for kind in SOURCE_KINDS if self.kinds is None or kind in self.kinds)

    def settle(self, kind: str) -> str | None:
        """Return the source to record for a stated one; None where the policy has no such."""
        if kind in WAYS and self.unnamed is not None:
            return self.unnamed
        return kind if kind in self.allowed else None


def parse_sources(stated: Mapping[str, Any] | None) -> Sources:
    """Return what a policy's ``sources`` says; a policy may leave it out."""
    if stated is None:
        return Sources()
    return Sources(kinds=frozenset(stated["kinds"]), unnamed=stated.get("unnamed"))
