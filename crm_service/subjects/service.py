"""Finding, creating and locking subjects.

A subject outlives its contact: an address suppressed before any contact exists has one, and a later
contact adopts it. Writers of one subject serialize on an advisory lock over its id, taken in a
statement of its own before the writing one (rule 26): a statement's snapshot is older than the wait
inside it.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from crm_service import arrays
from crm_service.db import Connection
from crm_service.statements import Statement

#: Waits for other writers of the subject behind an address key; parameters controller, key. Notes
#: whom it locked, for the statement that follows unseen in the same flush (``LOCKED``): meanwhile
#: the address may have been created, or given to another subject.
LOCK_BY_ADDRESS_KEY = Statement("""
SELECT pg_advisory_xact_lock(uuid_hash_extended(subject_id, 0)),
    set_config('crm.locked_subject', subject_id::text, true)
FROM addresses WHERE controller_id = %(controller_id)s AND address_key = %(address_key)s
""")

#: In a statement: the subject that ``LOCK_BY_ADDRESS_KEY`` locked in this transaction.
LOCKED = "NULLIF(current_setting('crm.locked_subject', true), '')::uuid"

_LOCK = """
SELECT pg_advisory_xact_lock(uuid_hash_extended(id, 0))
FROM (SELECT unnest(%s::uuid[]) AS id ORDER BY 1) AS sorted
"""

_CREATE = """
INSERT INTO addresses (controller_id, address_key, subject_id, kind)
VALUES (%s, %s, coalesce(%s, gen_random_uuid()), %s)
ON CONFLICT (controller_id, address_key) DO NOTHING
"""

_BY_KEY = "SELECT subject_id FROM addresses WHERE controller_id = %s AND address_key = %s"

_CREATE_ALL = """
INSERT INTO addresses (controller_id, address_key, subject_id, kind)
SELECT %(controller_id)s, address_key, gen_random_uuid(), %(kind)s
FROM unnest(%(keys)s::uuid[]) AS address_key ORDER BY address_key
ON CONFLICT (controller_id, address_key) DO NOTHING
"""

_BY_KEYS = """
SELECT address_key, subject_id FROM addresses
WHERE controller_id = %(controller_id)s AND address_key = ANY (%(keys)s::uuid[])
"""

_ADDRESSES = """
SELECT address_key, kind, is_current, restricted FROM addresses
WHERE controller_id = %s AND subject_id = %s ORDER BY kind, is_current DESC, created_at, address_key
"""

_KEYS = """
SELECT address_key FROM addresses
WHERE controller_id = %s AND subject_id = ANY (%s::uuid[])
"""

_SET_CURRENT = """
UPDATE addresses SET is_current = address_key = ANY (%(current)s::uuid[])
WHERE controller_id = %(controller_id)s
  AND address_key = ANY (%(current)s::uuid[] || %(former)s::uuid[])
  AND is_current <> (address_key = ANY (%(current)s::uuid[]))
"""

_RESTRICT = """
UPDATE addresses SET restricted = %(restricted)s
WHERE controller_id = %(controller_id)s AND subject_id = %(subject_id)s
  AND restricted <> %(restricted)s
"""

_ADOPT = "UPDATE addresses SET subject_id = %s WHERE controller_id = %s AND subject_id = %s"


@dataclass(frozen=True)
class Address:
    """One address key of a subject. ``is_current``: a contact bears it now; else it is an alias."""

    address_key: uuid.UUID
    kind: str
    is_current: bool
    restricted: bool


def lock(connection: Connection, subject_ids: Sequence[uuid.UUID]) -> None:
    """Serialize with other writers of these subjects until the transaction ends."""
    connection.execute(_LOCK, (arrays.of_ids(subject_ids),))


def find(
    connection: Connection, controller_id: uuid.UUID, address_key: uuid.UUID
) -> uuid.UUID | None:
    """Return the subject behind an address key, or None where the key was never seen."""
    row = connection.execute(_BY_KEY, (controller_id, address_key)).fetchone()
    return row[0] if row else None


def find_or_create(
    connection: Connection,
    controller_id: uuid.UUID,
    address_key: uuid.UUID,
    *,
    kind: str,
    subject_id: uuid.UUID | None = None,
) -> uuid.UUID:
    """Return the subject behind an address key, creating it if the key was never seen.

    With ``subject_id`` a new key joins that subject; a key that belongs to another one stays there,
    and the other one's id is returned.
    """
    connection.execute(_CREATE, (controller_id, address_key, subject_id, kind))
    found = find(connection, controller_id, address_key)
    if found is None:  # pragma: no cover - the statement before has just made sure of it
        raise LookupError("address key vanished")
    return found


def owners(
    connection: Connection, controller_id: uuid.UUID, keys: Collection[uuid.UUID]
) -> set[uuid.UUID]:
    """Return the subjects behind address keys."""
    facts = {"controller_id": controller_id, "keys": arrays.of_ids(keys)}
    return {row[1] for row in connection.execute(_BY_KEYS, facts)}


def addresses(
    connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID
) -> list[Address]:
    """Return every address key of a subject, the current ones first."""
    rows = connection.execute(_ADDRESSES, (controller_id, subject_id)).fetchall()
    return [Address(*row) for row in rows]


def keys_of(
    connection: Connection, controller_id: uuid.UUID, subject_ids: Sequence[uuid.UUID]
) -> list[uuid.UUID]:
    """Return every address key of many subjects."""
    rows = connection.execute(_KEYS, (controller_id, arrays.of_ids(subject_ids))).fetchall()
    return [row[0] for row in rows]


def lock_by_key(
    connection: Connection, controller_id: uuid.UUID, address_key: uuid.UUID, *, kind: str
) -> uuid.UUID:
    """Return the subject behind an address key, created if need be, and hold its lock.

    Another writer may give the key to another subject while this one waits; then that one is
    locked instead.
    """
    while True:
        subject_id = find_or_create(connection, controller_id, address_key, kind=kind)
        lock(connection, [subject_id])
        if find(connection, controller_id, address_key) == subject_id:
            return subject_id


def lock_by_keys(
    connection: Connection, controller_id: uuid.UUID, keys: Collection[uuid.UUID], *, kind: str
) -> dict[uuid.UUID, uuid.UUID]:
    """Return the subject behind each key, created if need be, and hold the locks of all of them.

    What holds for ``lock_by_key`` holds for each.
    """
    facts = {"controller_id": controller_id, "kind": kind, "keys": arrays.of_ids(keys)}
    found: dict[uuid.UUID, uuid.UUID] = {}
    while True:
        before, found = found, dict(connection.execute(_BY_KEYS, facts).fetchall())
        if len(found) < len(keys):
            connection.execute(_CREATE_ALL, facts)
            found = dict(connection.execute(_BY_KEYS, facts).fetchall())
        if found == before:
            return found
        lock(connection, list(set(found.values()) - set(before.values())))


def set_current(
    connection: Connection,
    controller_id: uuid.UUID,
    *,
    current: Sequence[uuid.UUID] = (),
    former: Sequence[uuid.UUID] = (),
) -> None:
    """Note that contacts bear the keys ``current`` now, and ``former`` no longer."""
    facts = {
        "controller_id": controller_id,
        "current": arrays.of_ids(current),
        "former": arrays.of_ids(former),
    }
    connection.execute(_SET_CURRENT, facts)


def set_restricted(
    connection: Connection, controller_id: uuid.UUID, subject_id: uuid.UUID, *, restricted: bool
) -> None:
    """Note that nothing but storing is done with the subject's addresses, or that this is over."""
    facts = {
        "controller_id": controller_id,
        "subject_id": subject_id,
        "restricted": restricted,
    }
    connection.execute(_RESTRICT, facts)


def adopt(
    connection: Connection, controller_id: uuid.UUID, *, subject_id: uuid.UUID, into: uuid.UUID
) -> None:
    """Give every address key of a subject without a contact to the subject ``into``.

    The caller holds the locks of both.
    """
    connection.execute(_ADOPT, (into, controller_id, subject_id))
