"""What the pages of a link say.

A page shows a masked address and nothing else about the person, since links get forwarded.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import orjson
from flask import Response

from crm_service.pages import rendering, stencils
from crm_service.pages.rendering import Again
from crm_service.unsubscribe.reasons import MAX_COMMENT, REASONS
from crm_service.unsubscribe.service import LinkView, Outcome

OK: Final = 200

#: The hot path's, complete, so that nothing is looked up for it.
_ONE_CLICK_HEADERS: Final = [
    ("Content-Type", "text/plain; charset=utf-8"),
    *rendering.HEADERS.items(),
]

#: What a program that asked for JSON reads instead of a refusal's page.
_CODES: Final = {
    404: "unknown_link",
    409: "undo_refused",
    410: "sender_left",
    413: "too_large",
    503: "try_again",
}
_RETRY_AFTER: Final = "60"


def question(token: str, view: LinkView) -> Response:
    """Ask, with one button, or say that this was left before (rule 12).

    Everybody who opens a link sees this page, which differs in token and masked address alone.
    """
    words = {"token": token}
    if view.masked_address:
        words["address"] = view.masked_address
        view = replace(view, masked_address=stencils.blank("address"))
    return _page("question", token=stencils.blank("token"), view=view, words=words)


def result(
    token: str, view: LinkView, proof: str | None, *, has_answered: bool = False
) -> Response:
    """Say what was left and what remains, as it stands now.

    Where ``proof`` is given, offer undo (rule 14), and ask why unless that was answered.
    """
    if not view.already:  # taken back meanwhile
        return question(token, view)
    again = None
    if proof:
        fields = {"proof": proof} | ({"answered": "1"} if has_answered else {})
        again = Again(f"{rendering.root()}{token}/result", fields)
    return _page(
        "result",
        token=token,
        view=view,
        again=again,
        proof=proof,
        has_answered=has_answered,
        reasons=REASONS,
        max_comment=MAX_COMMENT,
    )


def undone(token: str, view: LinkView) -> Response:
    """Say that the click was taken back."""
    return _page("undone", token=token, view=view)


def not_undone(token: str, view: LinkView) -> Response:
    """Say that the click stands: undo came too late, twice, or against a stronger block."""
    return _page("not_undone", status=409, token=token, view=view)


def unknown_link() -> Response:
    """Answer a link that is not ours: the same words and headers whatever was wrong with it."""
    return _page("unknown_link", status=404)


def sender_left(method: str) -> Response:
    """Say that the sender left this service: what a click asks for holds for good (rule 11).

    A POST is answered like every click, since nothing will be sent any more; there is no page to
    GET.
    """
    return _page("sender_left", status=OK if method == "POST" else 410)


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


def _page(
    name: str,
    behind: str = "",
    *,
    status: int = OK,
    token: str = "",
    view: LinkView | None = None,
    **facts: Any,
) -> Response:
    root = rendering.root()
    return rendering.render(
        f"unsubscribe/{name}.html",
        # A page without a link is switched to another language where it stands.
        path=root + token + behind if token else "",
        brand=view.brand if view else None,
        own=view.language if view else None,
        status=status,
        here=root + token,
        links=root,
        view=view,
        **facts,
    )


def _json(status: int, body: Mapping[str, object]) -> Response:
    return Response(orjson.dumps(body), status, content_type="application/json")
