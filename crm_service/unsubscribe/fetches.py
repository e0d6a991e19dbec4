"""What shows a machine only in many requests: links fetched in bursts (rule 13).

Every fetch of a link in mode ``instant`` is noted for a moment, under keyed hashes of link and
network, where all web processes see it. The fetches of one network wait for each other, so that two
at once cannot both be the first.
"""

import hmac
import uuid
from typing import Final

from crm_service.db import Connection, pipeline
from crm_service.keyring import Keyring
from crm_service.statements import Statement
from crm_service.unsubscribe.tokens import Link

SECONDS: Final = 10
#: So many other links from one network within the seconds are a burst.
OTHER_LINKS: Final = 1
#: So many other networks that open the same link.
OTHER_PLACES: Final = 1
#: So many other links of one controller, from anywhere: a sending is being scanned.
LINKS_AT_ONCE: Final = 10

_DOMAIN: Final = b"crm-service/link-fetch/v1\0"

_LOCK: Final = "SELECT pg_advisory_xact_lock(uuid_hash_extended(%s::uuid, 13))"

#: Notes this fetch and returns whether what was noted before, or an undo of this link on the same
#: day (whoever goes back in the browser fetches again), speaks against a person.
_NOTE: Final = Statement("""
WITH noted AS (
    INSERT INTO link_fetches (controller_id, link, place, is_machine, fetched_at)
    VALUES (%(controller_id)s::uuid, %(link)s::uuid, %(place)s::uuid, %(is_machine)s::boolean,
        clock_timestamp())
),
before AS (
    SELECT link, place, is_machine FROM link_fetches
    WHERE controller_id = %(controller_id)s::uuid
        AND fetched_at > clock_timestamp() - %(seconds)s::int * interval '1 second'
),
counted AS (
    SELECT count(DISTINCT link) FILTER (WHERE place = %(place)s::uuid
            AND link <> %(link)s::uuid) AS other_links,
        count(DISTINCT place) FILTER (WHERE link = %(link)s::uuid
            AND place <> %(place)s::uuid) AS other_places,
        count(DISTINCT link) FILTER (WHERE link <> %(link)s::uuid) AS links_at_once,
        count(*) FILTER (WHERE is_machine AND
            (link = %(link)s::uuid OR place = %(place)s::uuid)) AS machines
    FROM before
)
SELECT other_links >= %(other_links)s::int OR other_places >= %(other_places)s::int
    OR links_at_once >= %(links_at_once)s::int OR machines > 0
    OR EXISTS (
        SELECT FROM addresses a JOIN suppressions s
            ON s.controller_id = a.controller_id AND s.subject_id = a.subject_id
        WHERE a.controller_id = %(controller_id)s::uuid AND a.address_key = %(address_key)s::uuid
            AND s.lift_justification = 'undo' AND s.lifted_by = 'recipient'
            AND s.lifted_at > clock_timestamp() - interval '1 day')
FROM counted
""")

_FORGET: Final = "DELETE FROM link_fetches WHERE fetched_at < now() - interval '1 minute'"


def note(
    controller_id: uuid.UUID, link: Link, keyring: Keyring, *, network: str | None, is_machine: bool
) -> bool:
    """Note that ``link`` was fetched from ``network``; tell whether it is part of a burst.

    A transaction of its own: what is noted counts for the next fetch at once. Without a known
    network only the link itself is looked at. Raises ``psycopg.Error``.
    """
    facts = {
        "controller_id": controller_id,
        "address_key": link.address_key,
        "link": _hashed(keyring, f"{controller_id}{link}"),
        "place": _hashed(keyring, f"{controller_id}{network}") if network else None,
        "is_machine": is_machine,
        "seconds": SECONDS,
        "other_links": OTHER_LINKS,
        "other_places": OTHER_PLACES,
        "links_at_once": LINKS_AT_ONCE,
    }
    with pipeline(controller_id) as connection:
        connection.execute(_LOCK, (facts["place"] or facts["link"],))
        cursor = _NOTE.execute(connection, facts)
    row = cursor.fetchone()
    return bool(row and row[0])


def forget(connection: Connection) -> int:
    """Delete what was noted more than a minute ago (as the worker); return how many."""
    return connection.execute(_FORGET).rowcount


def _hashed(keyring: Keyring, text: str) -> uuid.UUID:
    digest = hmac.digest(keyring.cursor_key, _DOMAIN + text.encode(), "sha256")
    return uuid.UUID(bytes=digest[:16])
