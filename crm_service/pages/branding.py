"""Who speaks on a page: what the controller's policy lets its pages look like."""

from dataclasses import dataclass

from crm_service.policies.document import Policy


@dataclass(frozen=True)
class Brand:
    """The controller as its recipients know it, and the language that its policy prefers."""

    name: str
    default_language: str | None = None


def brand(controller_name: str, policy: Policy) -> Brand:
    """Return how the pages of a controller look under its policy."""
    return Brand(name=controller_name, default_language=policy.default_language)
