"""Who speaks on a page: what the controller's policy lets its pages look like."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from crm_service.policies.document import Policy


@dataclass(frozen=True)
class Brand:
    """The controller as its recipients know it, and the language that its policy prefers.

    ``color`` is what the policy states, not yet made legible; ``footer`` is plain text by language.
    Pages show the logo of ``controller_id``, if there is one.
    """

    name: str
    default_language: str | None = None
    color: str | None = None
    footer: Mapping[str, str] = field(default_factory=dict)
    controller_id: uuid.UUID | None = None


def brand(policy: Policy, controller_id: uuid.UUID) -> Brand:
    """Return how the pages of a controller look under its policy: every page under one name."""
    return Brand(
        name=policy.branding.name or policy.controller_name,
        default_language=policy.default_language,
        color=policy.branding.color,
        footer=policy.branding.footer,
        controller_id=controller_id,
    )
