"""``Idempotency-Key``: a write that is sent again is answered again, not done again.

Offered on every write that needs a key of the API, but for those that say here why not: a POST that
only reads (a replayed yes would be stale, a replayed number revealed twice), and what may be sent
again as it is. The same key with another request is 422, one still in flight 409. Only successes
are kept, for a day; of an answer with a secret, which is shown once, only that there was one.
"""

import re
from collections.abc import Callable
from typing import Any, TypeVar

import psycopg
import structlog
from flask import Flask, Response, current_app, g, request

from crm_service.web import kept_answers
from crm_service.web.auth import PUBLIC, declared_scope, principal
from crm_service.web.kept_answers import Answer, Claim
from crm_service.web.parser import read_body
from crm_service.web.problems import Problem

View = TypeVar("View", bound=Callable[..., Any])

log = structlog.get_logger(__name__)

METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
#: Headers of an answer that a replay repeats.
_KEPT_HEADERS = ("Content-Type", "Location", "ETag")
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


def only_reads(view: View) -> View:
    """Declare that a POST changes nothing: what it asks about must not stand in a URL."""
    return _without(view)


def not_needed(view: View) -> View:
    """Declare that a write may be sent again as it is: the second time changes nothing.

    Its body may be no JSON, and too long to be compared.
    """
    return _without(view)


def _without(view: View) -> View:
    view.__crm_without_idempotency__ = True  # type: ignore[attr-defined]  # a mark on a function
    return view


def shown_once(view: View) -> View:
    """Declare that the answer holds a secret (rule 37): a repeat does nothing, and is 409."""
    view.__crm_shown_once__ = True  # type: ignore[attr-defined]  # a mark on a function
    return view


def offered(view: Callable[..., Any], method: str) -> bool:
    """Tell whether ``view`` takes ``Idempotency-Key`` with this method."""
    if getattr(view, "__crm_without_idempotency__", False):
        return False
    return method in METHODS and declared_scope(view, method) not in {None, PUBLIC}


def install(app: Flask) -> None:
    """Serve the header on every write of ``app``. After the guard: the key is the caller's."""
    app.before_request(begin)
    app.after_request(finish)


def begin() -> Response | None:
    """Claim the key, or answer instead of the view. Raises ``Problem`` 400, 409 or 422."""
    key = request.headers.get("Idempotency-Key")
    if key is None or request.url_rule is None:
        return None
    view = current_app.view_functions[request.url_rule.endpoint]
    if not offered(view, request.method):
        return None
    if not _KEY.fullmatch(key):
        raise Problem(
            400, "invalid_idempotency_key", "Idempotency-Key is 1 to 255 visible ASCII characters"
        )
    mine = _claim(key)
    known = kept_answers.reserve(mine)
    if known is None:
        g.idempotency = mine
        return None
    return _again(known, is_shown_once=_is_shown_once(view))


def _claim(key: str) -> Claim:
    caller = principal()
    path = f"{request.method} {request.full_path}".encode()
    version = request.headers.get("If-Match", "").encode()
    return kept_answers.claim(
        current_app.extensions["crm.settings"].keyring.cursor_key,
        caller.controller_id,
        # Whose contacts alone a client manager sees gets no answer that another was given (ws-02).
        key=f"{caller.client_manager or ''}\n{key}".encode(),
        request=(path, version, read_body(request)),
    )


def _again(known: Answer, *, is_shown_once: bool) -> Response:
    if is_shown_once:
        location = {name: text for name, text in known.headers.items() if name == "Location"}
        raise Problem(
            409,
            "answered_once",
            "this was done, and its answer held a secret that is shown once: take back what was "
            "made (Location names it), and ask again with another Idempotency-Key",
            headers=location,
        )
    response = Response(known.body, known.status)
    response.headers.update(known.headers)
    response.headers["Idempotency-Replayed"] = "true"
    return response


def finish(response: Response) -> Response:
    """Keep a success for replays; release the key otherwise. Never spoils the answer itself."""
    mine: Claim | None = g.pop("idempotency", None)
    if mine is None:
        return response
    try:
        if 200 <= response.status_code < 300:  # noqa: PLR2004 - successes
            kept_answers.keep(mine, _kept(response))
        else:
            kept_answers.release(mine)
    except (psycopg.Error, OSError) as error:
        # The write itself is committed. The key stays in flight for two minutes.
        log.warning("idempotency_not_kept", exc_info=error)
    return response


def _kept(response: Response) -> Answer:
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    view = current_app.view_functions[request.endpoint or ""]
    body = "" if _is_shown_once(view) else response.get_data(as_text=True)
    return Answer(response.status_code, headers, body)


def _is_shown_once(view: Callable[..., Any]) -> bool:
    return getattr(view, "__crm_shown_once__", False)
