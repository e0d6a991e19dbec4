"""Importing lists of refusals in tests, and looking at what became of them."""

import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import TupleRow, dict_row

from crm_service.addresses import address_key, normalize_email
from crm_service.config import Settings
from crm_service.transfers import ordering, service
from crm_service.transfers.reading import FileSource
from crm_service.transfers.suppression_importing import (
    OnChunk,
    Request,
    Result,
    import_suppressions,
)
from tests.factories import Tenant

Admin = psycopg.Connection[TupleRow]


class Lists:
    """Imports lists for one tenant, as the command does."""

    def __init__(self, settings: Settings, tenant: Tenant, folder: Path) -> None:
        self.settings = settings
        self.tenant = tenant
        self.folder = folder

    def take(
        self,
        text: str | bytes,
        *,
        filename: str = "list.csv",
        on_chunk: OnChunk = lambda _chunk, _outcomes, _result: None,
        **options: Any,
    ) -> Result:
        """Import a list that reads ``text``."""
        path = self.folder / f"{uuid.uuid4().hex}-{filename}"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        request = Request(source=FileSource(path), filename=filename, **options)
        with service.connect(self.settings) as connection:
            return import_suppressions(
                connection,
                self.tenant.controller_id,
                request,
                pepper=self.settings.keyring.pepper(self.tenant.controller_id),
                actor="operator:test",
                on_chunk=on_chunk,
            )

    def take_contacts(self, text: str) -> None:
        """Import contacts from a file that reads ``text``."""
        path = self.folder / f"{uuid.uuid4().hex}-contacts.csv"
        path.write_text(text)
        with service.connect(self.settings) as connection:
            service.import_contacts(
                connection,
                self.tenant.controller_id,
                ordering.Request(source=FileSource(path)),
                pepper=self.settings.keyring.pepper(self.tenant.controller_id),
                actor="operator:test",
            )

    def key(self, email: str) -> uuid.UUID:
        """Return the address key of an e-mail address."""
        pepper = self.settings.keyring.pepper(self.tenant.controller_id)
        return address_key(pepper, "email", normalize_email(email))


def blocks(admin: Admin, tenant: Tenant) -> list[dict[str, Any]]:
    """Return every block of the tenant, lifted ones included."""
    with admin.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            """
            SELECT s.*, t.slug AS topic FROM suppressions s LEFT JOIN topics t ON t.id = s.topic_id
            WHERE s.controller_id = %s ORDER BY s.suppressed_at, s.reason, s.id
            """,
            (tenant.controller_id,),
        ).fetchall()


def said(found: Sequence[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """Return scope, reason and source of blocks."""
    return [(one["scope"], one["reason"], one["source"]) for one in found]


def verdict(tenant: Tenant, email: str, *, topic: str = "news") -> dict[str, Any]:
    """Return the verdict on one address."""
    asked = {"topic": topic, "channel": "email", "emails": [email]}
    answer = tenant.client.post("/v1/eligibility-checks", json=asked)
    result: dict[str, Any] = answer.json["results"][0]
    return result


def make_topic(tenant: Tenant, slug: str = "news") -> None:
    """Make a topic for marketing."""
    new = {"slug": slug, "name": {"en": slug}, "category": "marketing"}
    assert tenant.client.post("/v1/topics", json=new).status_code == 201


def register(tenant: Tenant, email: str, **facts: Any) -> str:
    """Register a contact who consented to the topic news; return its id."""
    consent = {
        "topic": "news",
        "channel": "email",
        "basis": "consent",
        "state": "granted",
        "evidence": {
            "method": "form",
            "occurred_at": "2026-01-01T00:00:00Z",
            "wording": {"version": "1", "text": "Yes"},
        },
    }
    new = {"email": email, "source": {"kind": "api"}, "permissions": [consent], **facts}
    answer = tenant.client.post("/v1/contacts", json=new)
    assert answer.status_code == 201, answer.json
    contact_id: str = answer.json["id"]
    return contact_id
