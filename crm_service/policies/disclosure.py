"""What a policy decides about handing data to others (GDPR Art. 5(1)(c), 28, 30, 44)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: What a disclosure may rest on. ``processor``: the recipient works for the controller (Art. 28).
GROUNDS = (
    "consent",
    "agreement",
    "legal_duty",
    "legal_right",
    "malicious_intent",
    "processor",
)

_EEA = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK"
#: Member states of the European Economic Area.
EEA = frozenset(_EEA.split())


@dataclass(frozen=True)
class DisclosureRules:
    """``area``: countries that data may go to, None for any; ``own_servers``: nowhere else.

    ``safeguards``: what every recipient but an authority must have signed. ``fields``: the most
    that is handed out; None leaves it at the contact's fields.
    """

    area: frozenset[str] | None = None
    organizations: bool = True
    own_servers: bool = False
    safeguards: frozenset[str] = frozenset({"contract"})
    grounds: frozenset[str] = frozenset(GROUNDS)
    fields: frozenset[str] | None = None


def parse_disclosure(stated: Mapping[str, Any] | None) -> DisclosureRules:
    """Return what a policy's ``disclosure`` says; a policy may leave it out."""
    said = stated or {}
    fields = said.get("fields")
    return DisclosureRules(
        area=EEA if said.get("area", "any") == "eea" else None,
        organizations=said.get("international_organizations", True),
        own_servers=said.get("hosting", "any") == "own",
        safeguards=frozenset(said.get("safeguards", ["contract"])),
        grounds=frozenset(said.get("grounds", GROUNDS)),
        fields=None if fields is None else frozenset(fields),
    )
