"""The pages that recipients see: what they say, and the headers that keep them to themselves.

No script, no cookie, no outside resource, nothing for search engines or caches (clause no-03). A
page shows a masked address and nothing else about the person, since links get forwarded.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
from flask import Response, current_app, render_template

from crm_service.unsubscribe import links
from crm_service.unsubscribe.service import LinkView, Outcome, TopicState

LANGUAGE: Final = "en"
OK: Final = 200

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}

#: The hot path's, complete, so that nothing is looked up for it.
_ONE_CLICK_HEADERS: Final = [("Content-Type", "text/plain; charset=utf-8"), *HEADERS.items()]

#: What a program that asked for JSON reads instead of a refusal's page.
_CODES: Final = {404: "unknown_link", 409: "undo_refused", 413: "too_large", 503: "try_again"}
_RETRY_AFTER: Final = "60"
_STYLE: Final = Path(__file__).parent / "templates" / "unsubscribe" / "page.css"


@dataclass(frozen=True)
class Text:
    """A text of the controller's; ``lang`` unless it is in the page's language."""

    text: str
    lang: str | None


def question(token: str, view: LinkView) -> Response:
    """Ask, with one button, or say that this was left before (rule 12)."""
    return _page("question", token=token, view=view, topic=_topic(view))


def result(token: str, view: LinkView, outcome: Outcome, proof: str | None) -> Response:
    """Say what was left and what remains; offer undo where ``proof`` is given (rule 14)."""
    topic = _topic(view) if outcome.scope == "topic" else None
    return _page("result", token=token, view=view, topic=topic, proof=proof)


def undone(token: str, view: LinkView) -> Response:
    """Say that the click was taken back."""
    return _page("undone", token=token, view=view, topic=_topic(view))


def not_undone(token: str, view: LinkView) -> Response:
    """Say that the click stands: undo came too late, twice, or against a stronger block."""
    return _page("not_undone", status=409, token=token, view=view)


@dataclass(frozen=True)
class Done:
    """What the preference page has just done, and where that can be taken back."""

    topic: TopicState | None
    token: str
    proof: str | None


def preferences(
    token: str,
    view: LinkView,
    topics: list[TopicState],
    *,
    done: Done | None = None,
    status: int = OK,
) -> Response:
    """List the topics to leave, one by one or all at once; there is nothing to join (rule 15).

    ``view`` describes all marketing. ``status`` 422 says that the topic named no longer exists.
    """
    rows = [
        (topic, _chosen(topic.name, view.language), _chosen(topic.description, view.language))
        for topic in topics
    ]
    left = _chosen(done.topic.name, view.language) if done and done.topic else None
    facts = {"token": token, "view": view, "rows": rows, "done": done, "left": left}
    return _page("preferences", status=status, is_refused=status != OK, **facts)


def unknown_link() -> Response:
    """Answer a link that is not ours: the same words and headers whatever was wrong with it."""
    return _page("unknown_link", status=404)


def try_again(status: int, sent: list[tuple[str, str]] | None) -> Response:
    """Say that nothing was stored and offer to send the same once more.

    ``sent`` are the fields of the POST that failed; None when the page could not be shown.
    """
    response = _page("try_again", status=status, sent=sent)
    response.headers["Retry-After"] = _RETRY_AFTER
    return response


def too_large() -> Response:
    """Refuse a body that no mailbox provider and no page of ours sends."""
    return _page("too_large", status=413)


def one_click() -> Response:
    """Answer a mailbox provider, which reads the status alone (RFC 8058 section 3.1)."""
    return Response(b"Unsubscribed.\n", 200, _ONE_CLICK_HEADERS)


def outcome_as_json(outcome: Outcome) -> Response:
    """Say what was left to a program."""
    return _json(200, {"unsubscribed": True, "scope": outcome.scope, "topic": outcome.topic_slug})


def refusal_as_json(status: int) -> Response:
    """Say to a program why not."""
    return _json(status, {"status": status, "code": _CODES.get(status, "internal_error")})


def style() -> Response:
    """Return the one style sheet; its URL changes with its content, so it may be kept."""
    response = Response(_style_text(), content_type="text/css; charset=utf-8")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def base_path() -> str:
    """Return the path under which recipients reach this service, without the last slash."""
    public_url: str = current_app.extensions["crm.settings"].public_url
    return urlsplit(public_url).path.rstrip("/")


def _page(name: str, *, status: int = OK, **facts: Any) -> Response:
    path = base_path() + links.PATH
    html = render_template(
        f"unsubscribe/{name}.html",
        here=path + facts.get("token", ""),
        links=path,
        style=f"{path}page.css?v={_style_version()}",
        language=LANGUAGE,
        **facts,
    )
    return Response(html, status, content_type="text/html; charset=utf-8")


def _json(status: int, body: Mapping[str, object]) -> Response:
    return Response(orjson.dumps(body), status, content_type="application/json")


def _topic(view: LinkView) -> Text | None:
    return _chosen(view.topic_name, view.language) if view.topic_name else None


def _chosen(texts: Mapping[str, str], language: str | None) -> Text | None:
    """Return the text in the page's language, else the person's, else whichever there is."""
    for wanted in (LANGUAGE, language or "", *texts):
        if wanted in texts:
            return Text(texts[wanted], None if wanted == LANGUAGE else wanted)
    return None


@cache
def _style_text() -> bytes:
    return _STYLE.read_bytes()


@cache
def _style_version() -> str:
    return sha256(_style_text()).hexdigest()[:8]
