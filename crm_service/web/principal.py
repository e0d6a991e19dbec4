"""Who is calling: proven by an API key, known to every view, free of any web framework."""

import uuid
from dataclasses import dataclass

#: Every scope a key can hold (rule 37).
SCOPES: tuple[str, ...] = (
    "contacts:read",
    "contacts:write",
    "contacts:assign",
    "national_id:reveal",
    "permissions:read",
    "permissions:write",
    "branding:read",
    "branding:write",
    "topics:read",
    "topics:write",
    "suppressions:read",
    "suppressions:write",
    "suppressions:lift",
    "eligibility:check",
    "links:create",
    "engagement:read",
    "engagement:write",
    "history:read",
    "interactions:read",
    "interactions:write",
    "contracts:read",
    "contracts:write",
    "holds:read",
    "holds:write",
    "events:read",
    "audiences:read",
    "recipients:read",
    "recipients:write",
    "disclosures:read",
    "disclosures:write",
    "imports:write",
    "imports:read",
    "subscriptions:create",
    "rights:read",
    "rights:write",
    "restrictions:lift",
    "assistance:manage",
    "agreement:read",
    "agreement:accept",
    "audit:read",
    "keys:manage",
    "webhooks:manage",
)

#: Those that a client manager's key can hold (clause ws-02).
CLIENT_MANAGER_SCOPES: tuple[str, ...] = (
    "contacts:read",
    "contacts:write",
    "permissions:read",
    "permissions:write",
    "history:read",
    "interactions:read",
    "interactions:write",
    "topics:read",
)


@dataclass(frozen=True, kw_only=True)
class Principal:
    """The caller of one request.

    ``missing_agreement`` is the version of the agreement that the active policy names and that the
    controller has not accepted; None where nothing is missing. ``origins``: of a key for browsers,
    the pages that it works from. ``client_manager``: of a client manager's key, whose contacts
    alone it sees (clause ws-02).
    """

    controller_id: uuid.UUID
    controller_slug: str
    key_id: uuid.UUID
    scopes: frozenset[str]
    policy_version: int
    missing_agreement: str | None = None
    origins: frozenset[str] | None = None
    client_manager: str | None = None

    @property
    def actor(self) -> str:
        """How the audit log names this caller."""
        return f"key:{self.key_id}"
