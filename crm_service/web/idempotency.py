"""``Idempotency-Key``: a write that is sent again is answered again, not done again.

Offered on POST and PUT that write; never on eligibility, where a replayed yes would be stale, nor
on keys, which are shown once. The same key with another request is 422, one still in flight 409.
Only successes are kept, for a day. What is stored can be read by nobody who does not send the same
request again: digests are keyed, and the answer is sealed with a key made from the request itself,
so that no erased person lives on here.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import orjson
import psycopg
import structlog
from flask import Flask, Response, current_app, g, request

from crm_service.db import Connection, pipeline
from crm_service.web.auth import declared_scope, principal
from crm_service.web.parser import read_body
from crm_service.web.problems import Problem

View = TypeVar("View", bound=Callable[..., Any])

log = structlog.get_logger(__name__)

WRITE_SCOPES = frozenset(
    {
        "contacts:write",
        "permissions:write",
        "topics:write",
        "suppressions:write",
        "suppressions:lift",
        "interactions:write",
        "rights:write",
        "restrictions:lift",
        "agreement:accept",
    }
)
#: Headers of an answer that a replay repeats.
_KEPT_HEADERS = ("Content-Type", "Location", "ETag")
_NONCE_BYTES = 16
_KEY = re.compile(r"[\x21-\x7e]{1,255}")

_FORGET = """
DELETE FROM idempotency_keys WHERE controller_id = %s AND (
    created_at < now() - interval '1 day'
    OR status IS NULL AND created_at < now() - interval '2 minutes'
)
"""

_FORGET_ALL = "DELETE FROM idempotency_keys WHERE created_at < now() - interval '1 day'"

_RESERVE = """
INSERT INTO idempotency_keys (controller_id, key_digest, request_digest) VALUES (%s, %s, %s)
ON CONFLICT (controller_id, key_digest) DO NOTHING RETURNING true
"""

_RECALL = """
SELECT request_digest, status, sealed FROM idempotency_keys
WHERE controller_id = %s AND key_digest = %s
"""

_KEEP = """
UPDATE idempotency_keys SET status = %s, sealed = %s WHERE controller_id = %s AND key_digest = %s
"""

_RELEASE = "DELETE FROM idempotency_keys WHERE controller_id = %s AND key_digest = %s"


@dataclass(frozen=True)
class Reservation:
    """One request's claim on its key."""

    key_digest: bytes
    request_digest: bytes
    seal_key: bytes = field(repr=False)


def install(app: Flask) -> None:
    """Serve the header on every write of ``app``. After the guard: the key is the caller's."""
    app.before_request(begin)
    app.after_request(finish)


def not_needed(view: View) -> View:
    """Declare that a write may be sent again as it is: a list that changes nothing the second time.

    Its body may be no JSON, and too long to be compared.
    """
    view.__crm_repeatable__ = True  # type: ignore[attr-defined]  # a mark on a function
    return view


def offered(view: Callable[..., Any], method: str) -> bool:
    """Tell whether ``view`` takes ``Idempotency-Key`` with this method."""
    if getattr(view, "__crm_repeatable__", False):
        return False
    return declared_scope(view, method) in WRITE_SCOPES and method in {"POST", "PUT"}


def forget_expired(connection: Connection) -> int:
    """Delete what is older than a day, whoever's it is (as the worker); return how many."""
    return connection.execute(_FORGET_ALL).rowcount


def begin() -> Response | None:
    """Claim the key, or answer instead of the view. Raises ``Problem`` 400, 409 or 422."""
    key = request.headers.get("Idempotency-Key")
    if key is None or request.url_rule is None or not request.is_json:
        return None
    view = current_app.view_functions[request.url_rule.endpoint]
    if not offered(view, request.method):
        return None
    if not _KEY.fullmatch(key):
        raise Problem(
            400, "invalid_idempotency_key", "Idempotency-Key is 1 to 255 visible ASCII characters"
        )
    claim = _claim(key)
    known = _reserve(claim)
    if known is None:
        g.idempotency = claim
        return None
    return _answer_known(claim, *known)


def _claim(key: str) -> Reservation:
    secret: bytes = current_app.extensions["crm.settings"].keyring.cursor_key
    path = f"{request.method} {request.full_path}\n".encode()
    body = read_body(request)

    def digest(purpose: bytes, *parts: bytes) -> bytes:
        return hmac.digest(secret, b"\n".join((b"idempotency:" + purpose, *parts)), "sha256")

    # Whose contacts alone a client manager sees gets no answer that another was given (ws-02).
    named = f"{principal().client_manager or ''}\n{key}".encode()
    return Reservation(
        digest(b"key", named), digest(b"request", path, body), digest(b"seal", named, path, body)
    )


def _reserve(claim: Reservation) -> tuple[bytes, int | None, bytes | None] | None:
    controller_id = principal().controller_id
    with pipeline(controller_id) as connection:
        connection.execute(_FORGET, (controller_id,))
        reserved = connection.execute(
            _RESERVE, (controller_id, claim.key_digest, claim.request_digest)
        )
        recalled = connection.execute(_RECALL, (controller_id, claim.key_digest))
    return None if reserved.fetchone() else recalled.fetchone()


def _answer_known(
    claim: Reservation, request_digest: bytes, status: int | None, sealed: bytes | None
) -> Response:
    if request_digest != claim.request_digest:
        raise Problem(
            422, "idempotency_key_reused", "this Idempotency-Key was used for another request"
        )
    if status is None or sealed is None:
        raise Problem(
            409,
            "request_in_flight",
            "the first request with this Idempotency-Key is not answered yet",
            headers={"Retry-After": "1"},
        )
    kept: dict[str, Any] = orjson.loads(_unseal(claim.seal_key, sealed))
    response = Response(kept["body"], status)
    response.headers.update(kept["headers"])
    response.headers["Idempotency-Replayed"] = "true"
    return response


def finish(response: Response) -> Response:
    """Keep a success for replays; release the key otherwise. Never spoils the answer itself."""
    claim: Reservation | None = g.pop("idempotency", None)
    if claim is None:
        return response
    controller_id = principal().controller_id
    try:
        with pipeline(controller_id) as connection:
            if 200 <= response.status_code < 300:  # noqa: PLR2004 - successes
                sealed = _seal(claim.seal_key, _kept(response))
                row = (response.status_code, sealed, controller_id, claim.key_digest)
                connection.execute(_KEEP, row)
            else:
                connection.execute(_RELEASE, (controller_id, claim.key_digest))
    except (psycopg.Error, OSError) as error:
        # The write itself is committed. The key stays in flight for two minutes.
        log.warning("idempotency_not_kept", exc_info=error)
    return response


def _kept(response: Response) -> bytes:
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    return orjson.dumps({"headers": headers, "body": response.get_data(as_text=True)})


def _seal(key: bytes, plain: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + _masked(key, nonce, plain)


def _unseal(key: bytes, sealed: bytes) -> bytes:
    return _masked(key, sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:])


def _masked(key: bytes, nonce: bytes, data: bytes) -> bytes:
    stream = hashlib.shake_256(key + nonce).digest(len(data))
    return (int.from_bytes(data, "big") ^ int.from_bytes(stream, "big")).to_bytes(len(data), "big")
