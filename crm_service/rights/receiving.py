"""What everybody may know of the register of recipients (GDPR Art. 13(1)(e); clause no-07)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from crm_service.recipients.service import Recipient

NAMES = "names"


@dataclass(frozen=True, order=True)
class Receiving:
    """Who receives data: what it is, where, and what for; ``name`` where the policy shows it."""

    kind: str
    country: str
    is_international_organization: bool
    purposes: tuple[str, ...]
    name: str | None = None

    def stated(self) -> dict[str, Any]:
        """Return it as JSON values."""
        told = {
            "kind": self.kind,
            "country": self.country,
            "is_international_organization": self.is_international_organization,
            "purposes": list(self.purposes),
        }
        return told if self.name is None else {"name": self.name, **told}


def shown(register: Iterable[Recipient], how: str) -> tuple[Receiving, ...]:
    """Return what is public of the recipients: each by name, or each category once."""
    found = {
        Receiving(
            one.kind,
            one.country,
            one.is_international_organization,
            tuple(sorted(one.purposes)),
            one.name if how == NAMES else None,
        )
        for one in register
    }
    return tuple(sorted(found))
