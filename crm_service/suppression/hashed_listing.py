"""Reading partners' hashed lists, and taking entries off them (rules 4 and 9)."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row

from crm_service.db import Connection
from crm_service.errors import Conflict, NotFound
from crm_service.suppression.hashed import ALGORITHMS, digest
from crm_service.suppression.lifting import BEYOND_OPERATORS

#: Behind a moment, and so many entries of that very moment: a hash can be guessed, so it stands in
#: no cursor. A list comes in chunks, each of one moment.
_PAGE = """
SELECT h.algorithm, encode(h.digest, 'hex') AS hash, h.scope, t.slug AS topic, h.reason, h.source,
    h.suppressed_at, h.created_at
FROM hashed_suppressions h LEFT JOIN topics t ON t.id = h.topic_id
WHERE h.controller_id = %(controller_id)s AND h.created_at >= %(since)s
    AND (%(reason)s::text IS NULL OR h.reason = %(reason)s)
ORDER BY h.created_at, h.digest, h.scope, h.topic_id, h.reason LIMIT %(limit)s OFFSET %(skip)s
"""
_NAMED = """
SELECT reason FROM hashed_suppressions
WHERE controller_id = %(controller_id)s AND digest = ANY (%(digests)s::bytea[])
    AND (%(reason)s::text IS NULL OR reason = %(reason)s)
"""
_LIFT = """
WITH gone AS (
    DELETE FROM hashed_suppressions
    WHERE controller_id = %(controller_id)s AND digest = ANY (%(digests)s::bytea[])
        AND reason <> ALL (%(kept)s::text[])
        AND (%(reason)s::text IS NULL OR reason = %(reason)s)
    RETURNING *
)
INSERT INTO lifted_hashed_suppressions (id, controller_id, algorithm, digest, scope, topic_id,
    reason, source, suppressed_at, lifted_by, lift_justification)
SELECT gen_random_uuid(), controller_id, algorithm, digest, scope, topic_id, reason, source,
    suppressed_at, %(lifted_by)s, %(justification)s
FROM gone RETURNING true
"""
_BEGINNING = "0001-01-01T00:00:00Z"


@dataclass(frozen=True)
class Listed:
    """An entry of a partner's list: ``hash`` in hexadecimal, of an address that nobody bears."""

    algorithm: str
    hash: str
    scope: str
    topic: str | None
    reason: str
    source: str
    suppressed_at: datetime
    created_at: datetime


def page(
    connection: Connection,
    controller_id: uuid.UUID,
    *,
    after: Sequence[Any] | None,
    limit: int,
    reason: str | None,
) -> list[Listed]:
    """Return the entries behind ``after`` (moment, how many of that moment), the oldest first."""
    since, skip = after or (_BEGINNING, 0)
    facts = {
        "controller_id": controller_id,
        "since": since,
        "skip": skip,
        "limit": limit,
        "reason": reason,
    }
    with connection.cursor(row_factory=class_row(Listed)) as cursor:
        return cursor.execute(_PAGE, facts).fetchall()


def place(after: Sequence[Any] | None, seen: Sequence[Listed]) -> tuple[datetime | str, int]:
    """Return the place behind the entries seen."""
    last = seen[-1].created_at
    count = sum(one.created_at == last for one in seen)
    if after is not None and datetime.fromisoformat(after[0]) == last:
        count += int(after[1])
    return last, count


def lift(
    connection: Connection,
    controller_id: uuid.UUID,
    *,
    digests: Sequence[bytes],
    reason: str | None,
    justification: str,
    lifted_by: str,
) -> int:
    """Take entries off the lists for a written reason; return how many.

    Raises ``NotFound`` (``hash_not_listed``), and ``Conflict`` (``needs_new_consent``) where all of
    them are complaints, erasures or objections, which end by the person's new consent alone.
    """
    facts: dict[str, Any] = {
        "controller_id": controller_id,
        "digests": list(digests),
        "reason": reason,
        "kept": sorted(BEYOND_OPERATORS),
        "lifted_by": lifted_by,
        "justification": justification,
    }
    if not connection.execute(_NAMED, facts).fetchall():
        raise NotFound("no list of this kind names that address", code="hash_not_listed")
    lifted = len(connection.execute(_LIFT, facts).fetchall())
    if not lifted:
        kept = ", ".join(sorted(BEYOND_OPERATORS))
        raise Conflict(
            f"what stands for {kept} ends only by newly confirmed consent of the person",
            code="needs_new_consent",
        )
    return lifted


def digests_of(email: str) -> list[bytes]:
    """Return every hash under which lists may name a normalized address."""
    return [digest(algorithm, email) for algorithm in ALGORITHMS]
