"""Rate limits: token buckets in PostgreSQL, shared by all web processes.

A bucket's name is hashed under a key of the keyring: no address and no network stands in the
database in clear. Taking is a transaction of its own before the caller's, so that a request that
fails later has used its token up all the same; buckets of different names never wait for each
other. The one-click POST takes none: nothing stands between a person and the way out.
"""

import hmac
import math
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from flask import Flask, Response, current_app, g

from crm_service.db import Connection, pipeline
from crm_service.web.callers import ip_prefix
from crm_service.web.problems import Problem

_DOMAIN = b"crm-service/rate-limit/v1\0"

_TAKE = "SELECT load, is_refused FROM crm_take(%s::uuid[], %s::float8[], %s::float8[])"

_FORGET = """
DELETE FROM rate_buckets WHERE bucket IN (
    SELECT bucket FROM rate_buckets WHERE drained_at < now() - interval '1 minute'
    LIMIT 50000 FOR UPDATE SKIP LOCKED)
"""


@dataclass(frozen=True)
class Limit:
    """At most ``quota`` at once and per ``seconds``, refilled evenly.

    ``name`` is part of the public contract: it stands in the ``RateLimit`` headers.
    """

    name: str
    quota: int
    seconds: int

    def of(self, *parts: object) -> "Bucket":
        """Return the bucket of whoever ``parts`` name: an address key, a network, a controller."""
        return Bucket(self, "\0".join(map(str, parts)))


@dataclass(frozen=True)
class Bucket:
    """What one caller, address or controller has left of a limit."""

    limit: Limit
    owner: str

    @property
    def interval(self) -> float:
        """Seconds in which one token comes back."""
        return self.limit.seconds / self.limit.quota


@dataclass(frozen=True)
class Level:
    """A bucket after taking: ``left`` tokens, all of them back in ``reset`` seconds."""

    limit: Limit
    left: int
    reset: int


#: Wrong API keys from one network (clause si-19). Right ones never meet it.
FAILED_KEYS = Limit("failed-keys", quota=30, seconds=60)
#: Links that are not ours, opened from one network.
UNKNOWN_LINKS = Limit("unknown-links", quota=60, seconds=60)


def take(*buckets: Bucket | None) -> None:
    """Take a token from each bucket, or from none; None stands for an owner nobody knows.

    Raises ``Problem`` 429 ``too_many_requests`` with ``Retry-After`` where one is empty, and
    ``psycopg.Error`` where the database cannot be asked. Call it before opening a transaction.
    """
    asked = [bucket for bucket in buckets if bucket is not None]
    if not asked:
        return
    with pipeline(None) as connection:
        cursor = connection.execute(
            _TAKE,
            (
                [stored_name(bucket) for bucket in asked],
                [bucket.interval for bucket in asked],
                [float(bucket.limit.seconds) for bucket in asked],
            ),
        )
    found = list(zip(asked, cursor.fetchall(), strict=True))
    waits = [_wait(bucket, load) for bucket, (load, is_refused) in found if is_refused]
    taken = 0 if waits else 1
    levels = [_level(bucket, load + taken * bucket.interval) for bucket, (load, _) in found]
    g.rate_limits = [*g.get("rate_limits", []), *levels]
    if waits:
        raise Problem(
            429,
            "too_many_requests",
            "too many requests; try again after the seconds that Retry-After names",
            headers={"Retry-After": str(max(waits))},
        )


def by_network(limit: Limit, *parts: object) -> Bucket | None:
    """Return the bucket of the current request's network, or None where none is known."""
    prefix = ip_prefix()
    return None if prefix is None else limit.of(prefix, *parts)


def install(app: Flask) -> None:
    """Tell callers of ``app`` what they have left of the limits that they met."""
    app.after_request(_announce)


def forget_drained(connection: Connection) -> int:
    """Delete buckets that are as good as new (as the worker); return how many."""
    return connection.execute(_FORGET).rowcount


def _announce(response: Response) -> Response:
    levels: Sequence[Level] = g.pop("rate_limits", [])
    if levels:
        response.headers["RateLimit-Policy"] = ", ".join(
            f'"{level.limit.name}";q={level.limit.quota};w={level.limit.seconds}'
            for level in levels
        )
        response.headers["RateLimit"] = ", ".join(
            f'"{level.limit.name}";r={level.left};t={level.reset}' for level in levels
        )
    return response


def stored_name(bucket: Bucket) -> uuid.UUID:
    """Return the keyed hash under which the database knows this bucket."""
    secret: bytes = current_app.extensions["crm.settings"].keyring.cursor_key
    text = f"{bucket.limit.name}\0{bucket.owner}".encode()
    return uuid.UUID(bytes=hmac.digest(secret, _DOMAIN + text, "sha256")[:16])


def _wait(bucket: Bucket, load: float) -> int:
    return max(1, math.ceil(load + bucket.interval - bucket.limit.seconds))


def _level(bucket: Bucket, load: float) -> Level:
    left = math.floor((bucket.limit.seconds - load) / bucket.interval + 0.001)
    return Level(bucket.limit, max(0, left), math.ceil(load))
