"""How the public pages about rights stand in the OpenAPI description."""

from typing import Any

_PAGE = {"text/html": {"schema": {"type": "string"}}}

_SLUG = {
    "name": "slug",
    "in": "path",
    "required": True,
    "description": "slug of the controller",
    "schema": {"type": "string", "minLength": 1},
    "example": "demo",
}

_EXAMPLE = {
    "controller": {"name": "Example OÜ", "email": "privacy@example.com"},
    "policy": {
        "name": "example",
        "version": 2,
        "in_force_since": "2026-11-03T09:15:00Z",
        "sha256": "9f86d081884c7d65",
        "earlier": [],
    },
    "purposes": [
        {
            "purpose": "marketing",
            "name": {"en": "Marketing"},
            "category": "marketing",
            "channels": ["email"],
            "bases": [{"basis": "consent", "term": "P5Y", "term_from": "added_at"}],
        }
    ],
    "data": {"fields": ["email", "first_name"], "attributes": []},
    "recipients": [],
    "rights": {
        "url": "https://crm.example.com/c/demo/rights",
        "kinds": [{"kind": "access", "due": {"working_days": 7}}],
        "refusal_grounds": [{"ground": "law", "article": "23", "kinds": ["access"]}],
    },
    "authority": {"name": "Example Authority", "url": "https://authority.example.org"},
}

_KNOWLEDGE = {"application/json": {"schema": {"type": "object"}, "example": _EXAMPLE}}


_PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def _read(name: str, content: dict[str, Any], unknown: dict[str, Any]) -> dict[str, Any]:
    return {
        "operationId": f"recipients_{name}",
        "summary": "Say how the controller processes data: purposes, bases, terms, rights.",
        "tags": ["recipients"],
        "security": [],
        "responses": {
            "200": {"description": "What its policy says", "content": content},
            "404": {"description": "Nothing is published here", "content": unknown},
        },
    }


_PORTAL = {
    "404": {"description": "Nothing is published here", "content": _PAGE},
    "429": {"description": "Asked for too often; see `Retry-After`", "content": _PAGE},
    "503": {"description": "Not possible right now; see `Retry-After`", "content": _PAGE},
}
_ADDRESS = {
    "required": True,
    "content": {
        "application/x-www-form-urlencoded": {
            "schema": {"type": "object", "properties": {"email": {"type": "string"}}},
            "example": {"email": "person@example.com"},
        }
    },
}


_REFUSED = {
    "403": {"description": "The form came from another site", "content": _PAGE},
    "413": {"description": "The body is too large", "content": _PAGE},
    "422": {"description": "This is no e-mail address", "content": _PAGE},
}


def _asking(name: str, summary: str, done: str, **more: Any) -> dict[str, Any]:
    refused = _REFUSED if "requestBody" in more else {}
    return {
        "operationId": f"recipients_{name}",
        "summary": summary,
        "tags": ["recipients"],
        "security": [],
        **more,
        "responses": {"200": {"description": done, "content": _PAGE}, **refused, **_PORTAL},
    }


PATHS: dict[str, Any] = {
    "/c/{slug}/privacy": {
        "parameters": [_SLUG],
        "get": _read("privacy", {**_PAGE, **_KNOWLEDGE}, {**_PAGE, **_PROBLEM}),
    },
    "/c/{slug}/privacy.json": {
        "parameters": [_SLUG],
        "get": _read("privacy_as_json", _KNOWLEDGE, _PROBLEM),
    },
    "/c/{slug}/rights": {
        "parameters": [_SLUG],
        "get": _asking("rights", "Ask for the address of who asks for a right.", "The form"),
        "post": _asking(
            "ask_for_link",
            "Send a one-time link to the address, if the controller knows it.",
            "The same page for known and unknown addresses",
            requestBody=_ADDRESS,
        ),
    },
}
