"""The register as a file, without loss: what was imported can be handed out, and imported again.

Read in pages, each a short transaction of its own: memory stays flat, and nothing is held while a
slow client reads (rules 9, 36 and 38; GDPR Art. 20; clause ee-21).

A row of CSV has room for one permission: a contact with several stands in several rows, which an
import takes as one. In them stand the grants by e-mail that nothing was refused against, in the
columns that imports know (rule 16); NDJSON has every permission as it stands.
"""

import hashlib
import uuid
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from psycopg.rows import dict_row

from crm_service.audit import service as audit
from crm_service.contacts.facts import TEXT_FIELDS
from crm_service.db import Connection
from crm_service.transfers.contact_rows import Table, json_lines

FORMATS = ("csv", "ndjson")
#: What a list of contacts may be narrowed by, with the type of its value in the database.
#: How each filter of a list narrows an export.
FILTERS = {
    "organization_id": "AND c.organization_id = %(organization_id)s::uuid",
    "country": "AND c.country = %(country)s::text",
    "language": "AND c.language = %(language)s::text",
    "source_kind": "AND c.source_kind = %(source_kind)s::text",
    "assigned_to": """AND EXISTS (SELECT FROM assignments a WHERE a.controller_id = c.controller_id
        AND a.contact_id = c.id AND a.manager = %(assigned_to)s::text)""",
}
PAGE = 2_000

Connect = Callable[[], AbstractContextManager[Connection]]

_FIELDS = ("email", "phone", *TEXT_FIELDS, "organization_id", "attributes", "source_reference")

#: A carried permission is proved by the entry that it was carried from.
_PEOPLE = f"""
SELECT c.id, c.email, c.phone, {", ".join(f"c.{name}" for name in TEXT_FIELDS)},
    c.organization_id, c.source_kind, c.source_reference, c.attributes, c.restricted_at,
    c.added_at, c.version, (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
            'purpose', p.purpose, 'topic', t.slug, 'channel', p.channel, 'basis', p.basis,
            'state', p.state, 'since', p.since, 'evidence', e.evidence::jsonb
        ) ORDER BY p.channel, p.purpose, t.slug NULLS FIRST, p.basis), '[]')
        FROM permissions p
        LEFT JOIN topics t ON t.id = p.topic_id
        LEFT JOIN ledger_entries l ON l.controller_id = p.controller_id
            AND l.subject_id = p.subject_id AND l.id = p.entry_id
        LEFT JOIN ledger_evidence e ON e.entry_id = l.proof_id
        WHERE p.controller_id = c.controller_id AND p.subject_id = c.id
    ) AS permissions
FROM contacts c
WHERE c.controller_id = %(controller_id)s AND c.id > %(after)s
    AND (%(restricted)s OR c.restricted_at IS NULL)
    {{filters}}
ORDER BY c.id LIMIT %(limit)s
"""  # noqa: S608 - constant text


@dataclass(frozen=True)
class Order:
    """Which contacts, and how they are written. ``attributes``: those that the policy declares.

    ``restricted``: with those whose data are only stored, for moving the register elsewhere.
    """

    format: str
    filters: Mapping[str, Any] = field(default_factory=dict)
    attributes: Sequence[str] = ()
    restricted: bool = False


def export(
    connect: Connect, controller_id: uuid.UUID, order: Order, *, actor: str, export_id: uuid.UUID
) -> Generator[bytes, None, None]:
    """Yield the contacts in the order of their ids; record what was handed out when it ends.

    Recorded is it also when the client goes away early: with what it may have got.
    """
    digest, count, is_complete = hashlib.sha256(), 0, False
    table = Table(order.attributes)
    try:
        if order.format == "csv":
            digest.update(table.header())
            yield table.header()
        for people in _pages(connect, controller_id, order):
            text = table.lines(people) if order.format == "csv" else json_lines(people)
            digest.update(text)
            count += len(people)
            yield text
        is_complete = True
    finally:
        with connect() as connection:
            audit.record(
                connection,
                controller_id,
                actor=actor,
                action="contacts.export",
                fields=[*_FIELDS, "permissions"],
                count=count,
                entry_id=export_id,
                details={
                    "format": order.format,
                    "filters": {name: str(value) for name, value in order.filters.items()},
                    "restricted": order.restricted,
                    "complete": is_complete,
                    "sha256": digest.hexdigest(),
                },
            )


def _pages(
    connect: Connect, controller_id: uuid.UUID, order: Order
) -> Iterator[list[dict[str, Any]]]:
    after = uuid.UUID(int=0)
    conditions = [FILTERS[name] for name in order.filters]
    query = _PEOPLE.format(filters=" ".join(conditions))
    while True:
        facts = {**order.filters, "controller_id": controller_id, "after": after, "limit": PAGE}
        facts["restricted"] = order.restricted
        with connect() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            people = cursor.execute(query.encode(), facts).fetchall()
        if not people:
            return
        yield people
        after = people[-1]["id"]
