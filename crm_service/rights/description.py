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


PATHS: dict[str, Any] = {
    "/c/{slug}/privacy": {
        "parameters": [_SLUG],
        "get": _read("privacy", {**_PAGE, **_KNOWLEDGE}, {**_PAGE, **_PROBLEM}),
    },
    "/c/{slug}/privacy.json": {
        "parameters": [_SLUG],
        "get": _read("privacy_as_json", _KNOWLEDGE, _PROBLEM),
    },
}
