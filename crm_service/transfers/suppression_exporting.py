"""The suppression list as a file: every block that stands, without loss (rules 1, 5, 9 and 38).

Read in pages, each a short transaction of its own: memory stays flat, and nothing is held while a
slow client reads. A block that stands throughout is in it; one set or lifted meanwhile may be.
"""

import csv
import io
import uuid
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager

import orjson

from crm_service.addresses import InvalidAddress
from crm_service.audit import service as audit
from crm_service.db import Connection
from crm_service.transfers import phones
from crm_service.transfers.neutralizing import neutralize
from crm_service.transfers.suppression_formats import OWN
from crm_service.transfers.suppression_rows import key_space

FORMATS = ("csv", "ndjson")
_PAGE_ROWS = 5_000

Connect = Callable[[], AbstractContextManager[Connection]]
#: Kind, address, key, scope, topic, reason, source, dates: as ``OWN``, but for the key space.
Line = Sequence[str | None]

_DATE = """
to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
"""

#: Plain addresses are known where a contact bears them. ``LIMIT 1``: a number may be shared.
_BLOCKS = f"""
SELECT s.id, s.kind,
    CASE s.kind WHEN 'email' THEN c.email WHEN 'phone' THEN p.phone ELSE d.domain END,
    s.address_key::text, s.scope, t.slug, s.reason, s.source, {_DATE.format("s.suppressed_at")},
    {_DATE.format("s.ends_at")}, p.country
FROM (
    SELECT * FROM suppressions
    WHERE controller_id = %(controller_id)s AND id > %(after)s::uuid AND lifted_at IS NULL
        AND (ends_at IS NULL OR ends_at > now())
    ORDER BY id LIMIT %(limit)s
) s
LEFT JOIN topics t ON t.id = s.topic_id
LEFT JOIN contacts c ON s.kind = 'email' AND c.controller_id = s.controller_id
    AND c.email_key = s.address_key
LEFT JOIN LATERAL (
    SELECT phone, country FROM contacts
    WHERE s.kind = 'phone' AND controller_id = s.controller_id AND phone_key = s.address_key
    ORDER BY added_at, id LIMIT 1) p ON true
LEFT JOIN suppressed_domains d ON s.kind = 'domain' AND d.controller_id = s.controller_id
    AND d.domain_key = s.address_key
ORDER BY s.id
"""  # noqa: S608 - constant text

#: ``WITH TIES``: several entries may have one hash, and a page ends behind the last of them.
_HASHES = f"""
SELECT h.digest, h.algorithm, encode(h.digest, 'hex'), NULL, h.scope, t.slug, h.reason, h.source,
    {_DATE.format("h.suppressed_at")}, NULL, NULL
FROM (
    SELECT * FROM hashed_suppressions
    WHERE controller_id = %(controller_id)s AND digest > %(after)s
    ORDER BY digest FETCH FIRST %(limit)s ROWS WITH TIES
) h
LEFT JOIN topics t ON t.id = h.topic_id
ORDER BY h.digest
"""  # noqa: S608 - constant text


def export(
    connect: Connect, controller_id: uuid.UUID, *, format_: str, pepper: bytes, actor: str
) -> Generator[bytes, None, None]:
    """Yield the list as CSV or NDJSON, and note in the end who read how much of it.

    Cells of CSV are neutralized, and restored when the file is imported.
    """
    write = _csv if format_ == "csv" else _ndjson
    space = key_space(pepper)
    count = 0
    header = _csv([OWN]) if format_ == "csv" else b""
    try:
        for page in _pages(connect, controller_id):
            count += len(page)
            yield header + write([[*line, space] for line in page])
            header = b""
        yield header
    finally:
        with connect() as connection:
            audit.record(
                connection,
                controller_id,
                actor=actor,
                action="suppressions.export",
                fields=["email", "phone", "address_key", "scope", "reason"],
                count=count,
                details={"format": format_},
            )


def _pages(connect: Connect, controller_id: uuid.UUID) -> Iterator[list[Line]]:
    yield from _pages_of(_BLOCKS, uuid.UUID(int=0), connect, controller_id)
    yield from _pages_of(_HASHES, b"", connect, controller_id)


def _pages_of(
    query: str, after: uuid.UUID | bytes, connect: Connect, controller_id: uuid.UUID
) -> Iterator[list[Line]]:
    while True:
        facts = {"controller_id": controller_id, "after": after, "limit": _PAGE_ROWS}
        with connect() as connection:
            rows = connection.execute(query, facts).fetchall()
        if not rows:
            return
        yield [_line(*row[1:]) for row in rows]
        after = rows[-1][0]


def _line(kind: str, address: str | None, *facts: str | None) -> Line:
    *others, country = facts
    if kind == "phone" and address is not None:
        address = _international(address, country)
    return (kind, address, *others)


def _international(number: str, country: str | None) -> str | None:
    try:
        return phones.normalize(number, country)
    except InvalidAddress:  # the number was taken with a country that is gone since
        return None


def _csv(lines: Sequence[Line]) -> bytes:
    """Write cells; those that somebody has written freely are neutralized, the others need not."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows(
        [kind, _safe(address), key, scope, _safe(topic), reason, _safe(source), *rest]
        for kind, address, key, scope, topic, reason, source, *rest in lines
    )
    return text.getvalue().encode()


def _safe(cell: str | None) -> str | None:
    return neutralize(cell) if cell else cell


def _ndjson(lines: Sequence[Line]) -> bytes:
    return b"".join(orjson.dumps(dict(zip(OWN, line, strict=True))) + b"\n" for line in lines)
