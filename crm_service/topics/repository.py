"""SQL over topics."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from psycopg.rows import class_row

from crm_service.db import Connection


@dataclass(frozen=True)
class Topic:
    """What a recipient can leave on its own.

    ``name`` and ``description`` are texts by language; ``link_ref`` is how unsubscribe links name
    the topic (32 bits, unique for the controller); an archived topic accepts nothing new.
    """

    id: uuid.UUID
    slug: str
    name: dict[str, str]
    description: dict[str, str]
    category: str
    purpose: str
    link_ref: int
    archived_at: datetime | None
    created_at: datetime


_COLUMNS = "id, slug, name, description, category, purpose, link_ref, archived_at, created_at"

# Statements below are put together from constants alone.
_ADD = f"""
INSERT INTO topics (id, controller_id, slug, name, description, category, purpose, link_ref)
VALUES (%s, %s, %s, %s::jsonb, %s::jsonb, %s, %s, %s)
ON CONFLICT DO NOTHING RETURNING {_COLUMNS}
"""  # noqa: S608

_BY_SLUGS = f"SELECT {_COLUMNS} FROM topics WHERE controller_id = %s AND slug = ANY(%s)"  # noqa: S608

_LIST = f"""
SELECT {_COLUMNS} FROM topics
WHERE controller_id = %(controller_id)s
    AND slug > %(after)s COLLATE "C"
    AND (%(with_archived)s OR archived_at IS NULL)
ORDER BY slug COLLATE "C" LIMIT %(limit)s
"""  # noqa: S608

_CHANGE = f"""
UPDATE topics SET name = coalesce(%s::jsonb, name), description = coalesce(%s::jsonb, description)
WHERE controller_id = %s AND slug = %s RETURNING {_COLUMNS}
"""  # noqa: S608

_ARCHIVE = """
UPDATE topics SET archived_at = %s
WHERE controller_id = %s AND slug = %s AND archived_at IS NULL
"""


def add(
    connection: Connection,
    controller_id: uuid.UUID,
    *,
    slug: str,
    name: Mapping[str, str],
    description: Mapping[str, str],
    category: str,
    purpose: str,
    link_ref: int,
) -> Topic | None:
    """Store a topic; None when its slug or its link reference is taken."""
    values = (
        uuid.uuid4(),
        controller_id,
        slug,
        _json(name),
        _json(description),
        category,
        purpose,
        link_ref,
    )
    with connection.cursor(row_factory=class_row(Topic)) as cursor:
        return cursor.execute(_ADD, values).fetchone()


def by_slugs(
    connection: Connection, controller_id: uuid.UUID, slugs: Sequence[str]
) -> dict[str, Topic]:
    """Return the topics that exist of those named, archived ones as well."""
    with connection.cursor(row_factory=class_row(Topic)) as cursor:
        found = cursor.execute(_BY_SLUGS, (controller_id, list(slugs))).fetchall()
    return {topic.slug: topic for topic in found}


def listing(
    connection: Connection,
    controller_id: uuid.UUID,
    *,
    after: str,
    limit: int,
    with_archived: bool,
) -> list[Topic]:
    """Return up to ``limit`` topics behind the slug ``after``, by slug."""
    query = {
        "controller_id": controller_id,
        "after": after,
        "limit": limit,
        "with_archived": with_archived,
    }
    with connection.cursor(row_factory=class_row(Topic)) as cursor:
        return cursor.execute(_LIST, query).fetchall()


def change(
    connection: Connection,
    controller_id: uuid.UUID,
    slug: str,
    *,
    name: Mapping[str, str] | None,
    description: Mapping[str, str] | None,
) -> Topic | None:
    """Replace the texts that are given; None when there is no such topic."""
    values = (
        None if name is None else _json(name),
        None if description is None else _json(description),
        controller_id,
        slug,
    )
    with connection.cursor(row_factory=class_row(Topic)) as cursor:
        return cursor.execute(_CHANGE, values).fetchone()


def archive(
    connection: Connection, controller_id: uuid.UUID, slug: str, *, archived_at: datetime
) -> bool:
    """Archive a topic; False when it is archived already or does not exist."""
    return connection.execute(_ARCHIVE, (archived_at, controller_id, slug)).rowcount == 1


def _json(texts: Mapping[str, str]) -> str:
    return orjson.dumps(dict(texts)).decode()
