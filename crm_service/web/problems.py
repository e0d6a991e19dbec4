"""Problem details: the one shape of every error (RFC 9457)."""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
from flask import Response, g

from crm_service.web.openapi_texts import TITLES
from crm_service.web.redaction import redact

MEDIA_TYPE = "application/problem+json"

#: Members that a domain error's own facts may not replace.
RESERVED = frozenset({"type", "title", "status", "detail", "code", "errors", "request_id"})

_PLAIN_NAME = re.compile(r"[A-Za-z0-9_.@-]{1,64}")

Errors = Mapping[str, Sequence[str]]


class Problem(Exception):
    """The request cannot be served; answered as problem details with exactly these members."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Errors | None = None,
        headers: Mapping[str, str] | None = None,
        **extra: object,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors
        self.headers = dict(headers or {})
        self.extra = extra


def answer(problem: Problem) -> Response:
    """Build the response. Text is redacted, so that no error repeats an address that was sent."""
    body: dict[str, Any] = {
        "type": f"urn:crm-service:problem:{problem.code}",
        "title": TITLES.get(problem.status) or HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": redact(problem.detail),
        "code": problem.code,
    }
    if problem.errors:
        body["errors"] = {
            name: [redact(str(message)) for message in messages]
            for name, messages in problem.errors.items()
        }
    if request_id := g.get("request_id"):
        body["request_id"] = request_id
    body.update({key: value for key, value in problem.extra.items() if key not in RESERVED})
    response = Response(orjson.dumps(body, default=str), problem.status, content_type=MEDIA_TYPE)
    response.headers.update(problem.headers)
    return response


def flatten(messages: Any, path: tuple[str, ...] = ()) -> dict[str, list[str]]:
    """Turn nested validation messages into ``{"source.kind": ["…"]}``.

    A name that is not a plain identifier is withheld: a client may have put an address there.
    """
    if isinstance(messages, Mapping):
        flat: dict[str, list[str]] = {}
        for name, inner in messages.items():
            step = () if name == "_schema" else (_plain(str(name)),)
            for key, texts in flatten(inner, (*path, *step)).items():
                flat.setdefault(key, []).extend(texts)
        return flat
    texts = messages if isinstance(messages, list) else [messages]
    return {".".join(path) or "body": [str(text) for text in texts]}


def _plain(name: str) -> str:
    shown = _PLAIN_NAME.fullmatch(name) and "@" not in name
    return name if shown else "(name withheld)"
