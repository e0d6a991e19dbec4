"""Where the controller of a policy can be reached (GDPR Art. 13(1)(a) and (b))."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ContactPoint:
    """How people reach the controller; each None where the policy does not state it.

    ``data_protection_officer`` is how the officer is reached, where there is one.
    """

    address: str | None = None
    email: str | None = None
    phone: str | None = None
    url: str | None = None
    registration_no: str | None = None
    data_protection_officer: str | None = None


def parse_contact_point(document: Mapping[str, Any]) -> ContactPoint:
    """Return the contact point that a checked document states."""
    return ContactPoint(**document["controller"].get("contact", {}))
