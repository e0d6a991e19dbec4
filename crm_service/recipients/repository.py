"""SQL over recipients and disclosures."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row

from crm_service.db import Connection


@dataclass(frozen=True)
class Recipient:
    """A processor, a third party or an authority, as the record of processing needs it (Art. 30).

    ``country``: ISO 3166-1, where it processes data. ``contract`` and ``confidentiality``: where
    the signed documents are.
    """

    id: uuid.UUID
    slug: str
    name: str
    kind: str
    country: str
    is_international_organization: bool
    stores_elsewhere: bool
    contract: str | None
    confidentiality: str | None
    categories: list[str]
    purposes: list[str]
    ended_at: datetime | None
    created_at: datetime


@dataclass(frozen=True)
class Disclosure:
    """Data that went to a recipient: which fields of how many people, and on what ground."""

    id: uuid.UUID
    recipient: str
    ground: str
    reference: str | None
    need: str | None
    purpose: str | None
    fields: list[str]
    count: int
    actor: str
    disclosed_at: datetime


_COLUMNS = """id, slug, name, kind, country, is_international_organization, stores_elsewhere,
    contract, confidentiality, categories, purposes, ended_at, created_at"""

_ADD = f"""
INSERT INTO recipients (controller_id, id, slug, name, kind, country,
    is_international_organization, stores_elsewhere, contract, confidentiality, categories,
    purposes)
VALUES (%(controller_id)s, gen_random_uuid(), %(slug)s, %(name)s, %(kind)s, %(country)s,
    %(is_international_organization)s, %(stores_elsewhere)s, %(contract)s, %(confidentiality)s,
    %(categories)s, %(purposes)s)
ON CONFLICT DO NOTHING RETURNING {_COLUMNS}
"""  # noqa: S608 - constant text

_CHANGE = f"""
UPDATE recipients SET
    name = coalesce(%(name)s, name), country = coalesce(%(country)s, country),
    stores_elsewhere = coalesce(%(stores_elsewhere)s, stores_elsewhere),
    contract = coalesce(%(contract)s, contract),
    confidentiality = coalesce(%(confidentiality)s, confidentiality),
    categories = coalesce(%(categories)s::text[], categories),
    purposes = coalesce(%(purposes)s::text[], purposes),
    ended_at = coalesce(ended_at, %(ended_at)s)
WHERE controller_id = %(controller_id)s AND id = %(id)s RETURNING {_COLUMNS}
"""  # noqa: S608 - constant text

_BY_ID = f"SELECT {_COLUMNS} FROM recipients WHERE controller_id = %s AND id = %s"  # noqa: S608
_BY_SLUG = f"SELECT {_COLUMNS} FROM recipients WHERE controller_id = %s AND slug = %s"  # noqa: S608

_LIST = f"""
SELECT {_COLUMNS} FROM recipients
WHERE controller_id = %(controller_id)s AND slug > %(after)s COLLATE "C"
    AND (%(with_ended)s OR ended_at IS NULL)
ORDER BY slug COLLATE "C" LIMIT %(limit)s
"""  # noqa: S608 - constant text

_DISCLOSE = """
INSERT INTO disclosures (controller_id, id, recipient_id, ground, reference, need, purpose, fields,
    count, actor)
VALUES (%(controller_id)s, %(id)s, %(recipient_id)s, %(ground)s, %(reference)s, %(need)s,
    %(purpose)s, %(fields)s, %(count)s, %(actor)s)
"""
_CONCERNED = """
INSERT INTO disclosed_subjects (controller_id, disclosure_id, subject_id)
SELECT %s, %s, unnest(%s::uuid[])
"""
_DISCLOSURE = """d.id, r.slug AS recipient, d.ground, d.reference, d.need, d.purpose, d.fields,
    d.count, d.actor, d.disclosed_at"""
_DISCLOSURES = f"""
SELECT {_DISCLOSURE} FROM disclosures d JOIN recipients r ON r.id = d.recipient_id
WHERE d.controller_id = %(controller_id)s AND (d.disclosed_at, d.id) < (%(before)s, %(id)s)
ORDER BY d.disclosed_at DESC, d.id DESC LIMIT %(limit)s
"""  # noqa: S608 - constant text
OF_SUBJECT = f"""
SELECT r.name, r.country, {_DISCLOSURE}
FROM disclosed_subjects s
JOIN disclosures d ON d.id = s.disclosure_id JOIN recipients r ON r.id = d.recipient_id
WHERE s.controller_id = %s AND s.subject_id = %s ORDER BY d.disclosed_at
"""  # noqa: S608 - constant text
ERASE = """
WITH forgotten AS (
    DELETE FROM disclosed_subjects
    WHERE controller_id = %(controller_id)s AND subject_id = ANY (%(subject_ids)s::uuid[])
    RETURNING disclosure_id
), emptied AS (
    UPDATE disclosures d SET need = NULL FROM (SELECT DISTINCT disclosure_id FROM forgotten) f
    WHERE d.controller_id = %(controller_id)s AND d.id = f.disclosure_id AND d.need IS NOT NULL
        AND NOT EXISTS (SELECT FROM disclosed_subjects s
                        WHERE s.disclosure_id = d.id
                            AND s.subject_id <> ALL (%(subject_ids)s::uuid[]))
)
SELECT count(*) FROM forgotten
"""


def add(
    connection: Connection, controller_id: uuid.UUID, stated: Mapping[str, Any]
) -> Recipient | None:
    """Store a recipient; None when its slug is taken."""
    return _one(connection, _ADD, {"controller_id": controller_id, **stated})


def change(
    connection: Connection,
    controller_id: uuid.UUID,
    recipient_id: uuid.UUID,
    stated: Mapping[str, Any],
) -> Recipient | None:
    """Replace what is stated; None when there is no such recipient."""
    return _one(connection, _CHANGE, {"controller_id": controller_id, "id": recipient_id, **stated})


def find(
    connection: Connection, controller_id: uuid.UUID, recipient_id: uuid.UUID
) -> Recipient | None:
    """Return the recipient, ended or not, or None."""
    return _one(connection, _BY_ID, (controller_id, recipient_id))


def by_slug(connection: Connection, controller_id: uuid.UUID, slug: str) -> Recipient | None:
    """Return the recipient of that name in calls, ended or not, or None."""
    return _one(connection, _BY_SLUG, (controller_id, slug))


def listing(
    connection: Connection,
    controller_id: uuid.UUID,
    *,
    after: str,
    limit: int | None,
    with_ended: bool,
) -> list[Recipient]:
    """Return recipients behind ``after`` by slug."""
    facts = {
        "controller_id": controller_id,
        "after": after,
        "limit": limit,
        "with_ended": with_ended,
    }
    with connection.cursor(row_factory=class_row(Recipient)) as cursor:
        return cursor.execute(_LIST, facts).fetchall()


def disclose(
    connection: Connection,
    controller_id: uuid.UUID,
    stated: Mapping[str, Any],
    subject_ids: Sequence[uuid.UUID],
) -> uuid.UUID:
    """Store that data of these people went out; return the disclosure's id."""
    disclosure_id = uuid.uuid4()
    facts = {"controller_id": controller_id, "id": disclosure_id, "count": len(subject_ids)}
    connection.execute(_DISCLOSE, {**stated, **facts})
    connection.execute(_CONCERNED, (controller_id, disclosure_id, list(subject_ids)))
    return disclosure_id


def disclosures(
    connection: Connection,
    controller_id: uuid.UUID,
    *,
    before: datetime,
    before_id: uuid.UUID,
    limit: int,
) -> list[Disclosure]:
    """Return disclosures, the newest first, from before a place."""
    facts = {"controller_id": controller_id, "before": before, "id": before_id, "limit": limit}
    with connection.cursor(row_factory=class_row(Disclosure)) as cursor:
        return cursor.execute(_DISCLOSURES, facts).fetchall()


def _one(connection: Connection, query: str, facts: Any) -> Recipient | None:
    with connection.cursor(row_factory=class_row(Recipient)) as cursor:
        return cursor.execute(query, facts).fetchone()
