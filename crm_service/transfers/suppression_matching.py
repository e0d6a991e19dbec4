"""Finding the contacts known already that a hashed list names (rule 9)."""

import time
import uuid
from collections.abc import Iterator

from crm_service.addresses import normalize_email
from crm_service.db import Connection
from crm_service.errors import Conflict
from crm_service.subjects import service as subjects
from crm_service.suppression import hashed
from crm_service.suppression.hashed import Matched
from crm_service.transfers.jobs import entered

_PAGE_ROWS = 10_000
_PATIENCE_SECONDS = 90.0
_PAUSE_SECONDS = 0.02

_PAGE = """
SELECT id, email_key, email FROM contacts
WHERE controller_id = %(controller_id)s AND id > %(after)s::uuid ORDER BY id LIMIT %(limit)s
"""
_STILL_BORNE = """
SELECT email_key FROM contacts
WHERE controller_id = %(controller_id)s AND id = ANY (%(ids)s) AND email_key = ANY (%(keys)s)
"""

Page = list[tuple[uuid.UUID, uuid.UUID, str]]


def match_known(
    connection: Connection, controller_id: uuid.UUID, *, correlation: uuid.UUID
) -> Matched:
    """Set blocks on the known contacts that a list names.

    Reads every contact once, in pages: only the person's own row knows the address. Raises
    ``Conflict`` (``try_again``) where another transaction does not end; the list is kept, and the
    same import completes it.
    """
    _wait_for_the_unaware(connection)
    entries = blocks = 0
    for page in _pages(connection, controller_id):
        found = _match(connection, controller_id, page, correlation)
        entries, blocks = entries + found.entries, blocks + found.blocks
    return Matched(entries, blocks)


def _wait_for_the_unaware(connection: Connection) -> None:
    """Wait for transactions that may be adding contacts and began to before the list was there.

    They did not see it, nor would the contacts they add be seen here.
    """
    deadline = time.monotonic() + _PATIENCE_SECONDS
    row = connection.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text").fetchone()
    asked = "SELECT pg_snapshot_xmin(pg_current_snapshot()) >= %s::xid8"
    while not (connection.execute(asked, row).fetchone() or (False,))[0]:
        if time.monotonic() > deadline:
            raise Conflict(
                "the list is kept, but a transaction that does not end keeps it from being matched "
                "with the contacts known already: import it once more",
                code="try_again",
            )
        time.sleep(_PAUSE_SECONDS)


def _pages(connection: Connection, controller_id: uuid.UUID) -> Iterator[Page]:
    after = uuid.UUID(int=0)
    while True:
        facts = {"controller_id": controller_id, "after": after, "limit": _PAGE_ROWS}
        with entered(connection, controller_id):
            page: Page = connection.execute(_PAGE, facts).fetchall()
        if not page:
            return
        yield page
        after = page[-1][0]


def _match(
    connection: Connection, controller_id: uuid.UUID, page: Page, correlation: uuid.UUID
) -> Matched:
    owners = {key: contact_id for contact_id, key, _ in page}
    addresses = [(key, normalize_email(email)) for _, key, email in page]
    with entered(connection, controller_id):
        named = hashed.listed(connection, controller_id, addresses)
        if not named:
            return Matched(0, 0)
        subjects.lock(connection, [owners[key] for key, _ in named])
        # Whoever was erased or has another address by now keeps the entry waiting.
        facts = {
            "controller_id": controller_id,
            "ids": [owners[key] for key, _ in named],
            "keys": [key for key, _ in named],
        }
        borne = {row[0] for row in connection.execute(_STILL_BORNE, facts)}
        still = [address for address in named if address[0] in borne]
        return hashed.match(connection, controller_id, still, correlation=correlation)
