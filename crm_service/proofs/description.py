"""How one-time links stand in the OpenAPI description. They are pages, not resources."""

from typing import Any

_PAGE = {"text/html": {"schema": {"type": "string"}}}

_ANSWERS = {
    "404": "Not a link of ours, too old, or used; the same for every such link",
    "429": "Asked for too often; `Retry-After` says when to try again",
    "503": "It is not known that it was stored: open the link again",
}


def _operation(name: str, summary: str, done: str, **more: str) -> dict[str, Any]:
    texts = {"200": done, **{status.strip("_"): text for status, text in more.items()}, **_ANSWERS}
    return {
        "operationId": f"recipients_{name}",
        "summary": summary,
        "tags": ["recipients"],
        "security": [],
        "responses": {
            status: {"description": text, "content": _PAGE}
            for status, text in sorted(texts.items())
        },
    }


PATHS: dict[str, Any] = {
    "/p/{token}": {
        "parameters": [
            {
                "name": "token",
                "in": "path",
                "required": True,
                "description": (
                    "A one-time link that was sent to an address: proof that its owner reads it. "
                    "Signed, bound to one purpose, and worthless once used or expired."
                ),
                "schema": {"type": "string", "minLength": 1},
                "example": "aeaq" * 14,
            }
        ],
        "get": _operation(
            "show_proof", "Show what the link is for; changes nothing.", "A page with a button"
        ),
        "post": _operation(
            "use_proof",
            "Do what the link is for, once.",
            "Done",
            _403="The form came from another site",
            _413="The body is too large",
            _422="The form lacks what the link needs, such as a password, or says something else",
        ),
    }
}
