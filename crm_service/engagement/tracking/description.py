"""How pixel and redirect stand in the OpenAPI description. They are no resources."""

from typing import Any

_PAGE = {"text/html": {"schema": {"type": "string"}}}


def _token(about: str, example: str) -> dict[str, Any]:
    return {
        "name": "token",
        "in": "path",
        "required": True,
        "description": about,
        "schema": {"type": "string", "minLength": 1},
        "example": example,
    }


def _operation(name: str, summary: str, responses: dict[str, Any]) -> dict[str, Any]:
    return {
        "operationId": f"recipients_{name}",
        "summary": summary,
        "tags": ["recipients"],
        "security": [],
        "responses": responses,
    }


PATHS: dict[str, Any] = {
    "/o/{token}": {
        "parameters": [_token("As handed out by an eligibility check", "aeaq" * 18)],
        "get": _operation(
            "open_pixel",
            "Answer an image of one pixel; records the open of people who permit it.",
            {
                "200": {
                    "description": "The same for every token",
                    "content": {"image/gif": {"schema": {"type": "string", "format": "binary"}}},
                }
            },
        ),
    },
    "/r/{token}": {
        "parameters": [_token("`click_url_prefix` and `ref` of a tracked link", "aeaq" * 24)],
        "get": _operation(
            "follow",
            "Lead where the link was registered to lead; records the click of people who permit it",
            {
                "302": {"description": "Where the link leads"},
                "404": {"description": "Not a link of ours", "content": _PAGE},
                "503": {"description": "It cannot be looked up now", "content": _PAGE},
            },
        ),
    },
}
