"""Lists of hashed addresses, as partners exchange them (rule 9).

An entry is an unkeyed hash of a normalized address and says nothing about whose it is. It waits
until a contact bears that address; then it becomes an ordinary block by address key, and the hash,
which could be guessed, is not kept any longer (GDPR Art. 5(1)(c)). So no entry is ever about a
known contact, and what an erased contact leaves is its block alone (rule 5).
"""

import hashlib
import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from crm_service.db import Connection
from crm_service.suppression import bulk_repository
from crm_service.suppression.service import Block, suppress

#: What ordinary blocks that come of these lists name as their source.
SOURCE = "partner list"
_FUNCTIONS: dict[str, Callable[[bytes], Any]] = {
    "sha256": hashlib.sha256,
    # MD5 protects nobody; partners exchange it all the same, and a hash is never trusted here.
    "md5": lambda text: hashlib.md5(text, usedforsecurity=False),
}
ALGORITHMS = tuple(_FUNCTIONS)
_BY_LENGTH = {2 * hashlib.new(name).digest_size: name for name in ALGORITHMS}


class Term(NamedTuple):
    """What many entries of a list share."""

    algorithm: str
    scope: str
    reason: str
    source: str = SOURCE
    topic_id: uuid.UUID | None = None
    topic: str | None = None


class Entry(NamedTuple):
    """A hash to keep."""

    digest: bytes
    term: Term
    suppressed_at: datetime

    @property
    def identity(self) -> tuple[object, ...]:
        """What makes two entries the same."""
        return (self.digest, self.term.scope, self.term.topic_id, self.term.reason)


class Matched(NamedTuple):
    """How many entries turned out to be about known addresses, and how many blocks are new."""

    entries: int
    blocks: int


def digest(algorithm: str, email: str) -> bytes:
    """Return the hash of a normalized address."""
    hashed: bytes = _FUNCTIONS[algorithm](email.encode()).digest()
    return hashed


def read_digest(text: str) -> tuple[str, bytes] | None:
    """Return algorithm and digest where the text is one in hexadecimal, else None."""
    algorithm = _BY_LENGTH.get(len(text))
    if algorithm is None:
        return None
    try:
        return algorithm, bytes.fromhex(text)
    except ValueError:
        return None


def keep(connection: Connection, controller_id: uuid.UUID, entries: Sequence[Entry]) -> list[bool]:
    """Keep the entries that are not kept yet; return for each whether it was new.

    No two may be the same. Known contacts are not looked at: see ``listed`` and ``match``.
    """
    unchanged = set(kept(connection, controller_id, entries))
    new = [entry for n, entry in enumerate(entries, 1) if n not in unchanged]
    if new:
        connection.execute(bulk_repository.KEEP, _facts(controller_id, new))
    return [n not in unchanged for n in range(1, len(entries) + 1)]


def kept(connection: Connection, controller_id: uuid.UUID, entries: Sequence[Entry]) -> list[int]:
    """Return the numbers, from 1, of the entries that are kept already."""
    facts = _facts(controller_id, entries)
    row = connection.execute(bulk_repository.KEPT, facts).fetchone()
    return list(row[0] or ()) if row else []


def exist(connection: Connection, controller_id: uuid.UUID) -> bool:
    """Tell whether the controller has any hashed list: most have none."""
    row = connection.execute(bulk_repository.HAS_HASHED, {"controller_id": controller_id})
    return bool((row.fetchone() or (False,))[0])


def match(
    connection: Connection,
    controller_id: uuid.UUID,
    addresses: Iterable[tuple[uuid.UUID, str]],
    *,
    correlation: uuid.UUID | None = None,
) -> Matched:
    """Turn what lists hold about these addresses into ordinary blocks.

    To be called whenever contacts come to bear addresses: (address key, normalized e-mail address).
    The keys have their subjects, and the caller holds the locks of those that others know. Costs
    one look-up where the controller has no list; the addresses are not even made then.
    """
    if not exist(connection, controller_id):
        return Matched(0, 0)
    key_by_digest = {
        digest(algorithm, email): key for key, email in addresses for algorithm in ALGORITHMS
    }
    facts = {"controller_id": controller_id, "digests": _array(list(key_by_digest))}
    connection.execute(bulk_repository.FORGET_LIFTED, facts)
    taken = connection.execute(bulk_repository.TAKE, facts).fetchall()
    blocks = [
        Block(
            address_key=key_by_digest[found],
            scope=scope,
            topic_id=topic_id,
            reason=reason,
            source=source,
            suppressed_at=suppressed_at,
        )
        for found, scope, topic_id, reason, source, suppressed_at in taken
    ]
    added = suppress(connection, controller_id, blocks, correlation=correlation)
    return Matched(len(taken), added)


def listed(
    connection: Connection, controller_id: uuid.UUID, addresses: Sequence[tuple[uuid.UUID, str]]
) -> list[tuple[uuid.UUID, str]]:
    """Return those of the addresses that a list names: (address key, normalized address)."""
    by_digest = {
        digest(algorithm, address[1]): address for address in addresses for algorithm in ALGORITHMS
    }
    facts = {"controller_id": controller_id, "digests": _array(list(by_digest))}
    found = connection.execute(bulk_repository.LISTED, facts).fetchall()
    return sorted({by_digest[row[0]] for row in found})


def _facts(controller_id: uuid.UUID, entries: Sequence[Entry]) -> dict[str, Any]:
    numbers: dict[Term, int] = {}
    terms_of = [numbers.setdefault(entry.term, len(numbers) + 1) for entry in entries]
    return {
        "controller_id": controller_id,
        "digests": _array([entry.digest for entry in entries]),
        "dates": f"{{{','.join([entry.suppressed_at.isoformat() for entry in entries])}}}",
        "terms_of": f"{{{','.join(map(str, terms_of))}}}",
        "terms": orjson.dumps([term._asdict() for term in numbers]).decode(),
    }


def _array(digests: Sequence[bytes]) -> str:
    """Return PostgreSQL's text of a ``bytea[]``: much faster than adapting a list."""
    return "{" + ",".join([f'"\\\\x{one.hex()}"' for one in digests]) + "}"
