"""What is remembered of a write that bore an ``Idempotency-Key``: that it was done, and its answer.

Nobody can read it who does not send the same request again: digests are keyed, and the answer is
sealed with a key made from the request itself, so that no erased person lives on here.
"""

import hashlib
import hmac
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from crm_service.db import Connection, pipeline
from crm_service.web.problems import Problem

_NONCE_BYTES = 16

_FORGET = """
DELETE FROM idempotency_keys WHERE controller_id = %s AND (
    created_at < now() - interval '1 day'
    OR status IS NULL AND created_at < now() - interval '2 minutes'
)
"""

_FORGET_ALL = "DELETE FROM idempotency_keys WHERE created_at < now() - interval '1 day'"

#: One statement: between two of them the key could be released, and nobody would hold it. A row
#: that was there already has been locked by this very statement (``xmax``).
_RESERVE = """
INSERT INTO idempotency_keys AS known (controller_id, key_digest, request_digest)
VALUES (%s, %s, %s)
ON CONFLICT (controller_id, key_digest) DO UPDATE SET created_at = known.created_at
RETURNING xmax = 0, request_digest, status, sealed
"""

#: Whoever took longer than two minutes may have lost the key to another request.
_MINE = """
WHERE controller_id = %s AND key_digest = %s AND request_digest = %s AND status IS NULL
"""

_KEEP = f"UPDATE idempotency_keys SET status = %s, sealed = %s {_MINE}"  # noqa: S608 - constant

_RELEASE = f"DELETE FROM idempotency_keys {_MINE}"  # noqa: S608 - constant text


@dataclass(frozen=True)
class Claim:
    """One request's claim on its key."""

    controller_id: uuid.UUID
    key_digest: bytes
    request_digest: bytes
    seal_key: bytes = field(repr=False)

    @property
    def row(self) -> tuple[uuid.UUID, bytes, bytes]:
        """What names the claim's row."""
        return self.controller_id, self.key_digest, self.request_digest


@dataclass(frozen=True)
class Answer:
    """What was answered: the status, the headers that are repeated, and the body."""

    status: int
    headers: Mapping[str, str]
    body: str


def claim(
    secret: bytes, controller_id: uuid.UUID, *, key: bytes, request: tuple[bytes, ...]
) -> Claim:
    """Return the claim of a request on a key; ``request``: all that makes it this request."""

    def digest(purpose: bytes, *parts: bytes) -> bytes:
        return hmac.digest(secret, b"\n".join((b"idempotency:" + purpose, *parts)), "sha256")

    return Claim(
        controller_id,
        digest(b"key", key),
        digest(b"request", *request),
        digest(b"seal", key, *request),
    )


def reserve(mine: Claim) -> Answer | None:
    """Take the key, or return what the same request was answered.

    Raises ``Problem``: 422 where the key is another request's, 409 while the first is in flight.
    """
    with pipeline(mine.controller_id) as connection:
        connection.execute(_FORGET, (mine.controller_id,))
        reserved = connection.execute(_RESERVE, mine.row)
    [(is_new, *known)] = reserved.fetchall()
    return None if is_new else _answered(mine, *known)


def _answered(
    mine: Claim, request_digest: bytes, status: int | None, sealed: bytes | None
) -> Answer:
    if request_digest != mine.request_digest:
        raise Problem(
            422,
            "idempotency_key_reused",
            "this Idempotency-Key was used for another request: send a key of its own with this "
            "one, and the same key only to repeat a request as it was",
        )
    if status is None or sealed is None:
        raise Problem(
            409,
            "request_in_flight",
            "the first request with this Idempotency-Key is not answered yet",
            headers={"Retry-After": "1"},
        )
    kept = orjson.loads(_unseal(mine.seal_key, sealed))
    return Answer(status, kept["headers"], kept["body"])


def keep(mine: Claim, answer: Answer) -> None:
    """Remember the answer for a day."""
    plain = orjson.dumps({"headers": dict(answer.headers), "body": answer.body})
    with pipeline(mine.controller_id) as connection:
        connection.execute(_KEEP, (answer.status, _seal(mine.seal_key, plain), *mine.row))


def release(mine: Claim) -> None:
    """Let the key be used again: nothing was done."""
    with pipeline(mine.controller_id) as connection:
        connection.execute(_RELEASE, mine.row)


def forget_expired(connection: Connection) -> int:
    """Delete what is older than a day, whoever's it is (as the worker); return how many."""
    return connection.execute(_FORGET_ALL).rowcount


def _seal(key: bytes, plain: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + _masked(key, nonce, plain)


def _unseal(key: bytes, sealed: bytes) -> bytes:
    return _masked(key, sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:])


def _masked(key: bytes, nonce: bytes, data: bytes) -> bytes:
    stream = hashlib.shake_256(key + nonce).digest(len(data))
    return (int.from_bytes(data, "big") ^ int.from_bytes(stream, "big")).to_bytes(len(data), "big")
