"""How recipients' links stand in the OpenAPI description. They are pages, not resources."""

from typing import Any

from crm_service.unsubscribe.reasons import MAX_COMMENT, REASONS

_TOKEN = {
    "name": "token",
    "in": "path",
    "required": True,
    "description": (
        "The signed link; compared in any case, trailing punctuation, spaces and slash ignored. It "
        "holds no address and never expires."
    ),
    "schema": {"type": "string", "minLength": 1},
    "example": "aeaq" * 18,
}

_TEXT = {"schema": {"type": "string"}}
_PAGE = {"text/html": _TEXT}


def _told(example: dict[str, Any], **fields: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON that a program gets which asks for it by ``Accept``."""
    schema = {"type": "object", "properties": fields, "required": list(fields)}
    return {"application/json": {"schema": schema, "example": example}}


_REFUSAL = _PAGE | _told(
    {"status": 404, "code": "unknown_link"},
    status={"type": "integer"},
    code={"type": "string"},
)
#: What was meant for a person's own page is answered by that page alone.
_PAGES_ALONE = frozenset({"403", "409", "422", "429"})

#: A page to the button, a line to the mailbox provider.
_LEFT = (
    _PAGE
    | {"text/plain": _TEXT}
    | _told(
        {"unsubscribed": True, "scope": "topic", "topic": "news"},
        unsubscribed={"type": "boolean"},
        scope={"type": "string", "enum": ["topic", "marketing"]},
        topic={"type": ["string", "null"]},
    )
)


def _answers(done: str, content: dict[str, Any] = _PAGE, /, **more: str) -> dict[str, Any]:
    texts = {
        "200": done,
        "404": "Not a link of ours; the same for every such link",
        "503": "It is not known that it was stored: send it again",
        **{status.strip("_"): text for status, text in more.items()},
    }
    return {
        status: {"description": text, "content": content if status == "200" else _refusal(status)}
        for status, text in texts.items()
    }


def _refusal(status: str) -> dict[str, Any]:
    return _PAGE if status in _PAGES_ALONE else _REFUSAL


def _operation(name: str, summary: str, answers: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "operationId": f"recipients_{name}",
        "summary": summary,
        "tags": ["recipients"],
        "security": [],
        "responses": answers,
        **more,
    }


def _form(example: dict[str, str], **fields: str) -> dict[str, Any]:
    schema = {
        "type": "object",
        "properties": {n: {"type": "string", "description": d} for n, d in fields.items()},
    }
    content = {"application/x-www-form-urlencoded": {"schema": schema, "example": example}}
    return {"required": False, "content": content}


TAG = {"name": "recipients", "description": "What the recipient's link answers; no key, no cookie"}

PATHS: dict[str, Any] = {
    "/u/{token}": {
        "parameters": [_TOKEN],
        "get": _operation(
            "show",
            "Show a page with one button; changes nothing, unless the policy says `instant`.",
            _answers("The page", _410="The sender left this service: nothing more is sent"),
        ),
        "post": _operation(
            "leave",
            "Leave the link's topic, or all marketing, at once (RFC 8058).",
            _answers("Done; a repeat is answered alike", _LEFT, _413="The body is no click"),
            requestBody=_form(
                {"List-Unsubscribe": "One-Click"},
                **{
                    "List-Unsubscribe": "`One-Click`, as mailbox providers send it",
                    "scope": "`all` leaves all marketing",
                },
            ),
        ),
    },
    "/u/{token}/undo": {
        "parameters": [_TOKEN],
        "post": _operation(
            "undo",
            "Take back the click whose result page sent this, for 30 minutes.",
            _answers(
                "What holds now",
                _409="It is too late, or no longer this click alone: nothing was taken back",
                _413="The body is no click",
            ),
            requestBody=_form({"proof": "…"}, proof="from the result page"),
        ),
    },
    "/u/{token}/reason": {
        "parameters": [_TOKEN],
        "post": _operation(
            "say_why",
            "Say why, if you like; once a click, for 30 minutes after it.",
            _answers("The page of the click again", _413="The body is no answer"),
            requestBody=_form(
                {"proof": "…", "reason": "too_many"},
                proof="from the result page",
                reason="one of " + ", ".join(f"`{reason}`" for reason in REASONS),
                comment=f"own words, at most {MAX_COMMENT} characters",
            ),
        ),
    },
    "/u/{token}/result": {
        "parameters": [_TOKEN],
        "post": _operation(
            "show_again",
            "Show the page of a click again, in another language; changes nothing.",
            _answers("The page", _413="The body is no proof"),
            requestBody=_form({"proof": "…"}, proof="from the result page"),
        ),
    },
    "/u/{token}/preferences": {
        "parameters": [_TOKEN],
        "get": _operation(
            "show_preferences",
            "Show topics, pauses, how often and in which language; changes nothing.",
            _answers("The page", _410="The sender left this service: nothing more is sent"),
        ),
        "post": _operation(
            "change_preferences",
            "Leave, pause, or receive less, at once; ask for a link to receive more.",
            _answers(
                "Done, or a link is on its way",
                _403="The form came from another site",
                _413="The body is no click",
                _422="There is no such topic or choice",
                _429="Links were asked for too often; `Retry-After` says when to try again",
            ),
            requestBody=_form(
                {"topic": "news"},
                topic="slug of the topic to leave",
                by="`phone`: leave it by telephone and text message instead of e-mail",
                scope="`all`: leave all marketing",
                pause="`30` or `90` days",
                pause_for="slug of the topic to pause; all marketing when empty",
                frequency="`all`, `weekly` or `monthly`",
                language="with `frequency`: language to write in",
                join="slug of a topic to receive again",
            ),
        ),
    },
}
