"""Verdicts on addresses at blocked domains (rules 1, 9 and 21).

Only for controllers with a domain on their list: all others pay for one glance that comes with the
question. The entries that could cover an address are looked up by name, once for each domain.
"""

import uuid
from collections.abc import Iterable, Sequence

from crm_service.addresses import InvalidAddress, normalize_email
from crm_service.db import Connection
from crm_service.eligibility.service import Question
from crm_service.eligibility.verdicts import Verdicts
from crm_service.statements import Statement
from crm_service.suppression.domains import covering

#: As for single addresses: marketing scopes never stop service mail (rule 3).
_BLOCKED = Statement("""
SELECT d.domain, s.scope, s.reason, s.ends_at
FROM suppressed_domains d
JOIN suppressions s ON s.controller_id = d.controller_id AND s.address_key = d.domain_key
    AND s.lifted_at IS NULL AND (s.ends_at IS NULL OR s.ends_at > %(now)s::timestamptz)
    AND (s.scope = 'all' OR s.scope = 'marketing' AND %(is_marketing)s
         OR s.scope = 'topic' AND s.topic_id = %(topic_id)s::uuid
         OR s.reason IN ('hard_bounce', 'invalid'))
WHERE d.controller_id = %(controller_id)s::uuid AND d.domain = ANY (%(names)s::text[])
""")

_EMAILS = Statement("""
SELECT uuid_send(email_key), email FROM contacts
WHERE controller_id = %(controller_id)s::uuid AND email_key = ANY (%(keys)s::uuid[])
""")


def refuse(
    connection: Connection,
    controller_id: uuid.UUID,
    question: Question,
    verdicts: Verdicts,
    addresses: Iterable[tuple[bytes | None, str]],
) -> None:
    """Add the blocks on domains to the verdicts on addresses: raw key, and the address as given.

    A key of None is no address and is left out.
    """
    keys_by_domain: dict[str, list[bytes]] = {}
    for key, email in addresses:
        if key is not None:
            keys_by_domain.setdefault(email.rpartition("@")[2], []).append(key)
    domains_by_entry: dict[str, list[str]] = {}
    for domain in keys_by_domain:
        for entry in _entries(domain):
            domains_by_entry.setdefault(entry, []).append(domain)
    facts = {
        "controller_id": controller_id,
        "topic_id": question.topic_id,
        "is_marketing": question.is_marketing,
        "names": list(domains_by_entry),
        "now": question.now,
    }
    for entry, scope, reason, ends_at in _BLOCKED.execute(connection, facts).fetchall():
        for domain in domains_by_entry[entry]:
            verdicts.block(scope, reason, b"".join(keys_by_domain[domain]), ends_at=ends_at)


def refuse_known(
    connection: Connection,
    controller_id: uuid.UUID,
    question: Question,
    verdicts: Verdicts,
    keys: Sequence[bytes],
) -> None:
    """Add the blocks on domains to the verdicts on addresses that contacts bear, by their keys."""
    array = "{" + ",".join(sorted(key.hex() for key in keys)) + "}"
    facts = {"controller_id": controller_id, "keys": array}
    found = _EMAILS.execute(connection, facts, binary=True).fetchall()
    refuse(connection, controller_id, question, verdicts, found)


def _entries(domain: str) -> list[str]:
    """Return the entries that would cover a domain as it is given; none covers what is none."""
    try:
        return covering(normalize_email(f"x@{domain}").rpartition("@")[2])
    except InvalidAddress:
        return []
