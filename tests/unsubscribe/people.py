"""A recipient with a link, and looks at what her clicks really stored."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg
from flask import Flask
from flask.testing import FlaskClient
from psycopg.rows import TupleRow

from tests.factories import Tenant

Admin = psycopg.Connection[TupleRow]

PUBLIC_URL = "https://crm.example.com"
EMAIL = "Mari.Tamm@example.com"
TOPICS: Mapping[str, Mapping[str, Any]] = {
    "offers": {
        "name": {"en": "Spring offers", "et": "Kevadpakkumised"},
        "description": {"en": "Prices and bundles, about twice a month"},
    },
    "news": {"name": {"et": "Tooteuudised"}, "description": {"et": "Mis on uut"}},
    "courses": {"name": {"en": "Courses & webinars"}},
}
_COUNTED = ("suppressions", "ledger_entries", "events", "permissions", "outbox")


@dataclass(frozen=True)
class Recipient:
    """Mari, who gets three topics on her consent and holds the link of one."""

    tenant: Tenant
    contact_id: uuid.UUID
    path: str
    admin: Admin = field(repr=False)

    @property
    def token(self) -> str:
        """What stands in her link."""
        return self.path.removeprefix("/u/")

    @property
    def browser(self) -> FlaskClient:
        """A client of an English reader, without a key; keeps cookies, if it is ever given one."""
        app: Flask = self.tenant.app
        client = app.test_client()
        client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
        return client

    def stored(self) -> dict[str, int]:
        """Return how many rows there are of everything that a click may write."""
        return {
            table: self.admin.execute(
                f"SELECT count(*) FROM {table} WHERE controller_id = %s",  # noqa: S608 - constants
                (self.tenant.controller_id,),
            ).fetchone()[0]  # type: ignore[index]  # a count is always one row
            for table in _COUNTED
        }

    def blocks(self) -> set[tuple[str, str | None]]:
        """Return what is blocked now: scope and topic."""
        rows = self.admin.execute(
            "SELECT s.scope, t.slug FROM suppressions s LEFT JOIN topics t ON t.id = s.topic_id"
            " WHERE s.controller_id = %s AND s.lifted_at IS NULL",
            (self.tenant.controller_id,),
        )
        return {(row[0], row[1]) for row in rows}

    def event_sources(self) -> list[str]:
        """Return the sources that the unsubscribe events name, in order."""
        rows = self.admin.execute(
            "SELECT data ->> 'source' FROM events WHERE controller_id = %s"
            " AND type = 'contact.unsubscribed.v1' ORDER BY position",
            (self.tenant.controller_id,),
        )
        return [row[0] for row in rows]


def make_recipient(tenant: Tenant, admin: Admin, *, link_topic: str = "offers") -> Recipient:
    """Register Mari with her topics and make the link of one of them."""
    for slug, texts in TOPICS.items():
        topic = {"slug": slug, "category": "marketing", **texts}
        assert tenant.client.post("/v1/topics", json=topic).status_code == 201
    contact = tenant.client.post(
        "/v1/contacts",
        json={
            "email": EMAIL,
            "first_name": "Mari",
            "source": {"kind": "event", "reference": "fair"},
            "permissions": [_consent(slug) for slug in TOPICS],
        },
    )
    assert contact.status_code == 201, contact.json
    return Recipient(
        tenant, uuid.UUID(contact.json["id"]), link_path(tenant, EMAIL, link_topic), admin
    )


def link_path(tenant: Tenant, email: str, topic: str, **facts: str) -> str:
    """Return the path of a link made for this address."""
    answer = tenant.client.post(
        "/v1/unsubscribe-links", json={"email": email, "topic": topic, **facts}
    )
    assert answer.status_code == 200, answer.json
    url: str = answer.json["url"]
    return url.removeprefix(PUBLIC_URL)


def _consent(topic: str) -> dict[str, Any]:
    return {
        "topic": topic,
        "channel": "email",
        "basis": "consent",
        "state": "granted",
        "evidence": {
            "method": "webform",
            "occurred_at": "2026-03-01T10:00:00Z",
            "wording": {"version": "v3", "language": "en", "text": "Yes, write to me."},
        },
    }
