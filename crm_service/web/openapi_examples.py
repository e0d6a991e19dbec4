"""Examples for the description, composed from the examples of fields: they never lag behind.

A field's own example (in its room's schema) comes first, then the one for its name here, then the
first of its choices, or a value of its format. Bodies that offer a choice of fields are written
out.
"""

from typing import Any

Schema = dict[str, Any]

_ID = "0f8fad5b-d9cb-469f-a165-70867728950e"
_TIME = "2026-11-03T09:15:00Z"
_DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_LINK = "https://crm.example.com/u/" + "aeaq" * 18

BY_NAME: dict[str, Any] = {
    "accepted_by": "Mari Tamm, board member",
    "action": "granted",
    "actor": f"key:{_ID}",
    "attributes": {},
    "archived_at": None,
    "basis": "consent",
    "campaign": "spring-offer",
    "channel": "email",
    "city": "Tallinn",
    "company": "Example OÜ",
    "contract": "2026/114",
    "count": 1,
    "country": "EE",
    "data": {"channel": "email", "topic": "news", "scope": "topic", "source": "one_click"},
    "detail": "the request does not fit its schema; see errors",
    "details": {"source": "api"},
    "digest": _DIGEST,
    "document": {"name": "cantec-ee"},
    "eligible": True,
    "email": "mari@example.com",
    "emails": ["mari@example.com"],
    "evidence": {"method": "webform /subscribe", "wording": {"version": "newsletter v3"}},
    "evidence_erased_at": None,
    "evidence_sha256": _DIGEST,
    "external_id": "C-1042",
    "fields": ["email", "first_name"],
    "first_name": "Mari",
    "invoice_emails": ["invoices@example.com"],
    "justification": "the person asked for it by letter of 3 November",
    "key": "crm_abcdefgh_" + "k" * 52 + "_bcdefgh",
    "kind": "email",
    "language": "et",
    "last_name": "Tamm",
    "ends_at": None,
    "lifted_at": None,
    "lifted_by": None,
    "lift_justification": None,
    "method": "webform /subscribe",
    "name": "Example OÜ",
    "next_cursor": None,
    "note": "asked by telephone",
    "notes": "met at the fair",
    "occurred_at": _TIME,
    "organization_id": None,
    "phone": "+372 5123 4567",
    "postal_code": "10111",
    "prefix": "abcdefgh",
    "purpose": "marketing",
    "reason": "unsubscribe",
    "recorded_by": f"key:{_ID}",
    "reference": "newsletter form",
    "registration_no": "12345678",
    "results": [],
    "revoked_at": None,
    "sale": "order 2026-118",
    "scopes": ["contacts:read", "eligibility:check"],
    "sequence": "00000000000000000042",
    "sha256": _DIGEST,
    "slug": "news",
    "source": "api",
    "state": "granted",
    "street": "Viru 1",
    "title": "Terms of the service",
    "topic": "news",
    "unsubscribe_url": _LINK,
    "url": "https://example.com/terms",
    "vat_no": "EE123456789",
    "warnings": [],
}

#: By operation: bodies where fields exclude each other, or belong to each other.
BODIES: dict[str, Any] = {
    "holds_place_hold": {
        "kind": "dispute",
        "reference": "P 1042/2026",
        "reasons": "claim over an unpaid invoice",
        "categories": ["contracts", "transactions"],
    },
    "contacts_register_contact": {
        "email": "mari@example.com",
        "first_name": "Mari",
        "last_name": "Tamm",
        "language": "et",
        "source": {"kind": "website_form", "reference": "newsletter form"},
        "permissions": [
            {
                "topic": "news",
                "channel": "email",
                "basis": "consent",
                "state": "granted",
                "evidence": {
                    "method": "webform /subscribe",
                    "occurred_at": _TIME,
                    "wording": {"version": "newsletter v3", "language": "et"},
                },
            }
        ],
    },
    "contacts_upsert_contact": {
        "email": "mari@example.com",
        "city": "Tallinn",
        "source": {"kind": "order", "reference": "order 2026-118"},
    },
    "contacts_change_contact": {"city": "Tartu"},
    "permissions_record_permission": {
        "topic": "news",
        "channel": "email",
        "basis": "consent",
        "state": "withdrawn",
    },
    "organizations_change_organization": {"city": "Tartu"},
    "suppressions_suppress": {
        "email": "mari@example.com",
        "scope": {"topic": "news"},
        "reason": "manual",
        "note": "asked by telephone",
    },
    "suppressions_look_up": {"email": "mari@example.com"},
    "eligibility_check_eligibility": {
        "topic": "news",
        "channel": "email",
        "emails": ["mari@example.com"],
        "include": ["links"],
        "campaign": "spring-offer",
    },
    "decisions_prove_verdict": {
        "email": "mari@example.com",
        "answer": {
            "decision_id": _ID,
            "policy_version": 1,
            "checked_at": _TIME,
            "counts": {"eligible": 1, "ineligible": 0},
            "results": [
                {"email": "mari@example.com", "eligible": True, "reasons": [], "basis": "consent"}
            ],
        },
    },
    "topics_create_topic": {
        "slug": "news",
        "name": {"en": "Product news", "et": "Tooteuudised"},
        "category": "marketing",
    },
    "topics_change_topic": {"name": {"en": "Product news"}},
}

#: By operation: answers whose fields depend on each other.
RESULTS: dict[str, Any] = {
    "eligibility_check_eligibility": {
        "decision_id": _ID,
        "policy_version": 1,
        "checked_at": _TIME,
        "counts": {"eligible": 1, "ineligible": 1},
        "results": [
            {
                "email": "mari@example.com",
                "eligible": True,
                "reasons": [],
                "basis": "consent",
                "unsubscribe_url": _LINK,
                "headers": {
                    "List-Unsubscribe": f"<{_LINK}>",
                    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                },
            },
            {
                "email": "jaan@example.com",
                "eligible": False,
                "reasons": ["suppressed", "withdrawn"],
                "suppressions": [{"scope": "marketing", "reason": "unsubscribe"}],
            },
        ],
    },
}

_BY_FORMAT = {"uuid": _ID, "date-time": _TIME}
_BY_TYPE: dict[str, Any] = {"string": "text", "integer": 1, "number": 1, "boolean": True}


def compose(schema: Schema, components: dict[str, Schema], name: str = "") -> Any:
    """Return an example of ``schema``; ``name`` is the field's, if it is one."""
    if "example" in schema:
        return schema["example"]
    if "$ref" in schema:
        return compose(components[schema["$ref"].rsplit("/", 1)[1]], components)
    kind = schema.get("type")
    kinds = kind if isinstance(kind, list) else [kind]
    if "properties" in schema:
        return {
            field: compose(shape, components, field)
            for field, shape in schema["properties"].items()
        }
    if "array" in kinds and "$ref" in schema.get("items", {}):
        return [compose(schema["items"], components)]
    return _plain(schema, kinds, name)


def _plain(schema: Schema, kinds: list[Any], name: str) -> Any:
    if "enum" in schema:
        chosen = BY_NAME.get(name)
        return chosen if chosen in schema["enum"] else schema["enum"][0]
    if name == "next_cursor" and "null" not in kinds:
        return "mfrggzdfmztwq2lk"
    if name in BY_NAME and _fits(BY_NAME[name], kinds):
        return BY_NAME[name]
    if "array" in kinds:
        return [compose(schema["items"], {})] if schema.get("minItems") else []
    if "object" in kinds:
        return {}
    return _BY_FORMAT.get(schema.get("format", ""), _BY_TYPE.get(kinds[0], "text"))


def _fits(value: Any, kinds: list[Any]) -> bool:
    names = {str: "string", bool: "boolean", int: "integer", list: "array", dict: "object"}
    return names.get(type(value), "null") in kinds
