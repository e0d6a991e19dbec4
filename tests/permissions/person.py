"""A person in a register: what is stated of her, what she clicks, and what is stored then."""

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.rows import TupleRow
from werkzeug.test import TestResponse

from crm_service.addresses import address_key, normalize_email, normalize_phone
from crm_service.db import driver_connection, transaction
from crm_service.topics import service as topics
from tests.factories import Answer, Tenant

Admin = psycopg.Connection[TupleRow]

EMAIL = "mari@example.com"
PUBLIC_URL = "https://crm.example.com"
TOPICS = {"offers": "marketing", "news": "marketing", "invoices": "service"}

_WORDING = {"version": "v1", "language": "en", "text": "Yes, write to me."}

#: Complete evidence for each basis (rule 17).
EVIDENCE: Mapping[str, Mapping[str, Any]] = {
    "consent": {"occurred_at": "2026-03-01T10:00:00Z", "method": "webform", "wording": _WORDING},
    "contract": {"contract": "C-1"},
    "legal_obligation": {"law": "Accounting Act § 12"},
    "vital_interests": {"justification": "a recall of the device"},
    "public_task": {"law": "Statistics Act § 3"},
    "soft_opt_in": {"sale": "S-1", "similar_products": True, "opt_out_offered": True},
    "legitimate_interests": {"assessment": "LIA-1"},
}


def consent(at: str, **more: Any) -> dict[str, Any]:
    """Return complete evidence of a consent given at a time."""
    return {**EVIDENCE["consent"], "occurred_at": at, **more}


@dataclass(frozen=True)
class Person:
    """One contact of a tenant, with her links and looks at what is stored about her."""

    tenant: Tenant
    admin: Admin = field(repr=False)
    id: uuid.UUID
    email: str = EMAIL

    @property
    def path(self) -> str:
        """Where the contact stands."""
        return f"/v1/contacts/{self.id}"

    def state(self, state: str, basis: str = "consent", **facts: Any) -> Answer:
        """State a permission; about the topic offers by e-mail, unless ``facts`` say otherwise."""
        target = {} if "purpose" in facts else {"topic": "offers"}
        stated = {**target, "channel": "email", "basis": basis, "state": state, **facts}
        if state in {"granted", "pending"} and "evidence" not in facts:
            stated["evidence"] = EVIDENCE[basis]
        return self.tenant.client.post(f"{self.path}/permissions", json=stated)

    def grant(self, basis: str = "consent", **facts: Any) -> None:
        """State a grant that must be recorded."""
        answer = self.state("granted", basis, **facts)
        assert answer.status_code == 201, answer.json
        assert answer.json["outcome"] == "recorded", answer.json

    def change(self, **facts: Any) -> Answer:
        """Change the contact as it is now."""
        tag = self.tenant.client.get(self.path).headers["ETag"]
        return self.tenant.client.patch(self.path, json=facts, headers={"If-Match": tag})

    def permissions(self, at: str | None = None) -> list[dict[str, Any]]:
        """Return what stands, now or at a moment."""
        query = {"at": at} if at else {}
        answer = self.tenant.client.get(f"{self.path}/permissions", query_string=query)
        assert answer.status_code == 200, answer.json
        items: list[dict[str, Any]] = answer.json["items"]
        return items

    def stands(self, at: str | None = None) -> dict[tuple[str | None, str], str]:
        """Return the state of each permission by topic and basis."""
        return {(one["topic"], one["basis"]): one["state"] for one in self.permissions(at)}

    def verdict(self, topic: str = "offers", **facts: Any) -> dict[str, Any]:
        """Return the verdict on her address now."""
        question = {"topic": topic, "channel": "email", "emails": [self.email], **facts}
        if "contact_ids" in facts or "phones" in facts:
            del question["emails"]
        answer = self.tenant.client.post("/v1/eligibility-checks", json=question)
        assert answer.status_code == 200, answer.json
        found: dict[str, Any] = answer.json["results"][0]
        return found

    def reasons(self, topic: str = "offers", **facts: Any) -> list[str]:
        """Return why nothing may be sent to her; empty where it may."""
        found: list[str] = self.verdict(topic, **facts)["reasons"]
        return found

    def link(self, topic: str = "offers", **facts: str) -> str:
        """Return the path of her link."""
        return link_path(self.tenant, self.email, topic, **facts)

    def post(self, path: str, **fields: str) -> TestResponse:
        """POST to a public page, as a browser without a key."""
        return self.tenant.app.test_client().post(path, data=fields)

    def click(self, topic: str = "offers", **fields: str) -> None:
        """Leave by one click."""
        assert self.post(self.link(topic), **fields).status_code == 200

    def press(self, topic: str = "offers", **fields: str) -> tuple[str, str]:
        """Leave by the page's button; return the link's path and the proof that undo needs."""
        path = self.link(topic)
        page = self.post(path, via="page", **fields).text
        return path, re.findall(r'name="proof" value="(\w+)"', page)[0]

    def undo(self, pressed: tuple[str, str]) -> int:
        """Take a press back; return the status."""
        path, proof = pressed
        return self.post(f"{path}/undo", proof=proof).status_code

    def suppress(self, reason: str, scope: Any = "marketing", **facts: Any) -> Answer:
        """Block her address, as an operator."""
        block = {"scope": scope, "reason": reason, **(facts or {"email": self.email})}
        return self.tenant.client.post("/v1/suppressions", json=block)

    def blocks(self, email: str | None = None) -> set[tuple[Any, str]]:
        """Return scope and reason of every block that stands on an address of hers."""
        answer = self.tenant.client.post(
            "/v1/suppressions/lookup", json={"email": email or self.email}
        )
        scopes = [(one["scope"], one["reason"]) for one in answer.json["items"]]
        return {(s["topic"] if isinstance(s, dict) else s, reason) for s, reason in scopes}

    def key(self, email: str | None = None) -> uuid.UUID:
        """Return her address key, or that of another address."""
        return email_key(self.tenant, email or self.email)

    def events(self, pattern: str = "%") -> list[tuple[str, dict[str, Any]]]:
        """Return type and envelope with data of her events, in their order."""
        rows = self.admin.execute(
            "SELECT type, data || jsonb_build_object('correlation', correlation) FROM events"
            " WHERE controller_id = %s AND subject_id = %s AND type LIKE %s ORDER BY position",
            (self.tenant.controller_id, self.id, pattern),
        )
        return [(row[0], row[1]) for row in rows]

    def stored(self) -> dict[str, int]:
        """Count the rows of everything that a statement or a click may write."""
        return stored(self.admin, self.tenant)


def make_person(tenant: Tenant, admin: Admin, *, email: str = EMAIL, **facts: Any) -> Person:
    """Register a person, and the topics unless they are there."""
    with tenant.app.app_context(), transaction(tenant.controller_id) as session:
        connection = driver_connection(session)
        for slug, category in TOPICS.items():
            if topics.find(connection, tenant.controller_id, slug) is None:
                topics.create(
                    connection,
                    tenant.controller_id,
                    slug=slug,
                    name={"en": slug.title()},
                    category=category,
                )
    answer = tenant.client.post(
        "/v1/contacts", json={"email": email, "source": {"kind": "event"}, **facts}
    )
    assert answer.status_code == 201, answer.json
    return Person(tenant, admin, uuid.UUID(answer.json["id"]), email)


def link_path(tenant: Tenant, email: str, topic: str, **facts: str) -> str:
    """Return the path of a link made for an address, known or not."""
    asked = {"email": email, "topic": topic, **facts}
    answer = tenant.client.post("/v1/unsubscribe-links", json=asked)
    assert answer.status_code == 200, answer.json
    url: str = answer.json["url"]
    return url.removeprefix(PUBLIC_URL)


def email_key(tenant: Tenant, email: str) -> uuid.UUID:
    """Return the key of an e-mail address in this register."""
    return address_key(_pepper(tenant), "email", normalize_email(email))


def phone_key(tenant: Tenant, phone: str) -> uuid.UUID:
    """Return the key of a phone number in this register."""
    return address_key(_pepper(tenant), "phone", normalize_phone(phone))


def stored(admin: Admin, tenant: Tenant) -> dict[str, int]:
    """Count a tenant's rows of everything that a statement or a click may write."""
    tables = ("ledger_entries", "ledger_evidence", "permissions", "suppressions", "events")
    counts = [f"(SELECT count(*) FROM {table} WHERE controller_id = %(of)s)" for table in tables]  # noqa: S608 - constants
    [row] = admin.execute("SELECT " + ", ".join(counts), {"of": tenant.controller_id})
    return dict(zip(tables, row, strict=True))


def audited(admin: Admin, tenant: Tenant, action: str) -> list[dict[str, Any]]:
    """Return the audit entries of one action, oldest first."""
    rows: Sequence[Any] = admin.execute(
        "SELECT to_jsonb(a) FROM audit_entries a WHERE controller_id = %s AND action = %s"
        " ORDER BY position",
        (tenant.controller_id, action),
    ).fetchall()
    return [row[0] for row in rows]


def _pepper(tenant: Tenant) -> bytes:
    pepper: bytes = tenant.app.extensions["crm.settings"].keyring.pepper(tenant.controller_id)
    return pepper
