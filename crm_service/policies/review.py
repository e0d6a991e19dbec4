"""How often a policy promises to review what is no longer needed (clause no-05)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crm_service.policies.terms import term_start


@dataclass(frozen=True)
class Review:
    """``every``: an ISO 8601 period; None promises no review."""

    every: str | None = None

    def begun(self, now: datetime, timezone: str) -> datetime:
        """Return the moment one period before ``now`` by the controller's calendar."""
        return term_start(now, self.every or "P0D", timezone)


def parse_review(stated: Mapping[str, Any] | None) -> Review:
    """Return what a policy's ``review`` says; a policy may leave it out."""
    return Review(**(stated or {}))
