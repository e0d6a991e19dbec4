"""What a policy publishes of itself: the right-to-know page (clauses no-07 and si-21)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: What somebody who receives data is to the controller (GDPR Art. 4(7) to (10)).
ROLES = ("processor", "controller", "joint_controller", "authority")


@dataclass(frozen=True)
class Recipient:
    """Who receives data, by name or by category (GDPR Art. 13(1)(e)).

    ``country`` is an ISO 3166-1 code, None where the policy does not state it.
    """

    name: Mapping[str, str]
    role: str
    country: str | None = None


@dataclass(frozen=True)
class Publication:
    """``right_to_know``: whether anybody may read what the policy says.

    ``recipients`` are those that the policy itself tells of. ``register``: whether those of the
    register are shown by ``names`` or as ``categories``, both of which GDPR Art. 13(1)(e) allows.
    """

    right_to_know: bool = True
    recipients: tuple[Recipient, ...] = ()
    register: str = "categories"


def parse_publication(document: Mapping[str, Any]) -> Publication:
    """Return what a checked document publishes."""
    section = document.get("publication", {})
    return Publication(
        right_to_know=section.get("right_to_know", True),
        register=section.get("recipients", "categories"),
        recipients=tuple(
            Recipient(dict(one["name"]), one["role"], one.get("country"))
            for one in document.get("recipients", ())
        ),
    )
