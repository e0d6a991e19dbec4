"""Blocks on whole domains (rule 1): what names one, and by which keys it is found.

``example.com`` covers the addresses at exactly that domain; ``*.example.com`` covers those and the
addresses at every domain below it.
"""

import uuid
from collections.abc import Mapping
from typing import Any

from crm_service.addresses import InvalidAddress, address_key, normalize_email
from crm_service.db import Connection
from crm_service.errors import Invalid

KIND = "domain"
_BELOW = "*."
_NAME = """
INSERT INTO suppressed_domains (controller_id, domain_key, domain)
SELECT %(controller_id)s::uuid, key, name
FROM unnest(%(keys)s::uuid[], %(names)s::text[]) AS named(key, name) ORDER BY key
ON CONFLICT DO NOTHING
"""


class InvalidDomain(Invalid):
    """The text names no domain of at least two labels, such as example.com or *.example.com."""

    code = "invalid_domain"


def normalize_domain(text: str) -> str:
    """Return the one spelling of a domain entry: IDNA A-labels, ``*.`` before them where it stood.

    ``@example.com`` and ``*@example.com`` are other ways to write example.com. Raises
    ``InvalidDomain``.
    """
    name = text.strip().removeprefix("*@").removeprefix("@")
    below = name.startswith(_BELOW)
    try:
        # By way of an address, so that both spell a domain in the same way (rule 8).
        host = normalize_email(f"x@{name.removeprefix(_BELOW) if below else name}").partition("@")
    except InvalidAddress:
        raise InvalidDomain(
            "this is no domain; write example.com, or *.example.com for all below it as well",
            errors={"domain": ["must be a domain such as example.com or *.example.com"]},
        ) from None
    return f"{_BELOW}{host[2]}" if below else host[2]


def key(pepper: bytes, entry: str) -> uuid.UUID:
    """Return the key of a normalized entry."""
    return address_key(pepper, KIND, entry)


def covering(domain: str) -> list[str]:
    """Return every entry that would cover an address at ``domain`` (normalized)."""
    labels = domain.split(".")
    below = [_BELOW + ".".join(labels[at:]) for at in range(len(labels) - 1)]
    return [domain, *below]


def covering_keys(pepper: bytes, email: str) -> list[uuid.UUID]:
    """Return the keys of every entry that would cover a normalized e-mail address."""
    return [key(pepper, entry) for entry in covering(email.rpartition("@")[2])]


def remember(
    connection: Connection, controller_id: uuid.UUID, names: Mapping[uuid.UUID, str]
) -> None:
    """Keep the names of blocked domains, by key."""
    facts: dict[str, Any] = {
        "controller_id": controller_id,
        "keys": list(names),
        "names": list(names.values()),
    }
    if names:
        connection.execute(_NAME, facts)


def is_domain(text: str) -> bool:
    """Tell whether the text is meant to name a domain, not an address."""
    local, separator, _ = text.rpartition("@")
    return "." in text and (not separator or local in {"", "*"})
