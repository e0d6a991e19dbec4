"""What tests of audiences share: people with permissions, and reading what was handed out."""

import csv
import hashlib
import io
from collections.abc import Mapping
from typing import Any

import orjson

from tests.factories import Answer, Tenant, load_policy

TOPIC = "news"
MARI: Mapping[str, Any] = {
    "email": "Mari.Tamm@example.com",
    "phone": "+372 5123 4567",
    "first_name": "Mari",
    "last_name": "Tamm",
    "company": 'Tamm & Pojad "OÜ"',
    "street": "Viru 1, korter 2",
    "postal_code": "10140",
    "city": "Tallinn",
    "country": "EE",
    "language": "et",
    "external_id": "M-1",
    "notes": "prefers mornings",
    "source": {"kind": "event"},
}


def make_topic(tenant: Tenant, slug: str = TOPIC) -> None:
    """Create a marketing topic."""
    topic = {"slug": slug, "name": {"en": slug.title()}, "category": "marketing"}
    assert tenant.client.post("/v1/topics", json=topic).status_code == 201


def consent(channel: str = "email", topic: str = TOPIC) -> dict[str, Any]:
    """Return a consent for one topic."""
    wording = {"version": "v1", "language": "en", "text": "Yes, write to me."}
    evidence = {"method": "form", "occurred_at": "2026-03-01T10:00:00Z", "wording": wording}
    said = {"topic": topic, "channel": channel, "basis": "consent", "state": "granted"}
    return {**said, "evidence": evidence}


def interest(channel: str = "email") -> dict[str, Any]:
    """Return a legitimate interest in all marketing."""
    said = {"purpose": "marketing", "channel": channel, "basis": "legitimate_interests"}
    return {**said, "state": "granted", "evidence": {"assessment": "LIA-1"}}


def register(tenant: Tenant, *permissions: Mapping[str, Any], **facts: Any) -> str:
    """Register Mari, with ``facts`` about her and ``permissions``; return the contact's id."""
    person = {**MARI, "permissions": list(permissions), **facts}
    answer = tenant.client.post("/v1/contacts", json=person)
    assert answer.status_code == 201, answer.json
    return str(answer.json["id"])


def export(tenant: Tenant, topic: str = TOPIC, **query: str) -> Answer:
    """Ask for an audience and read all of it."""
    return tenant.client.get(f"/v1/audiences/{topic}", query_string=query, buffered=True)


def people(tenant: Tenant, topic: str = TOPIC, **query: str) -> list[dict[str, Any]]:
    """Return the people of an audience, as NDJSON tells them."""
    answer = export(tenant, topic, **query)
    assert answer.status_code == 200, answer.text
    return [orjson.loads(line) for line in answer.data.splitlines()]


def table(answer: Answer) -> list[dict[str, str]]:
    """Return the rows of an audience in CSV."""
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def sha256(text: str) -> str:
    """Return the SHA-256 of a text in lower-case hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def limited_policy(*fields: str) -> dict[str, Any]:
    """Return Cantec's policy with these fields only on legitimate interests (as Tenzor's says)."""
    document = load_policy()
    document["purposes"]["marketing"]["bases"]["legitimate_interests"]["audience_fields"] = list(
        fields
    )
    return document
