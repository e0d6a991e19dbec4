"""Making tenants and what belongs to them; every test works in tenants of its own."""

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import yaml
from flask import Flask
from flask.testing import FlaskClient
from psycopg.types.json import Jsonb
from werkzeug.test import TestResponse

from crm_service.controllers import service as controllers
from crm_service.db import driver_connection, transaction
from crm_service.web.principal import CLIENT_MANAGER_SCOPES, SCOPES

POLICY = Path(__file__).parent.parent / "deploy" / "policies" / "cantec-ee.yaml"

_ACTIVATE = """
INSERT INTO policy_versions
    (id, controller_id, version, name, document, sha256, activated_at, activated_by)
VALUES (gen_random_uuid(), %s, 1, %s, %s, '', now(), 'operator:test')
"""

_ACCEPT = """
INSERT INTO agreement_acceptances
    (id, controller_id, version, accepted_by, accepted_at, recorded_by)
VALUES (gen_random_uuid(), %s, %s, 'A Person', now(), 'operator:test')
"""


class Answer(TestResponse):
    """A response whose JSON may be indexed without further ado."""

    @property
    def json(self) -> Any:
        """The body read as JSON."""
        return self.get_json()


@dataclass(frozen=True)
class KeyClient:
    """A test client that sends its key with every request."""

    client: FlaskClient
    key: str = field(repr=False)

    def open(self, path: str, method: str, **options: Any) -> Answer:
        """Send one request; ``headers`` may override the key's."""
        headers = {"Authorization": f"Bearer {self.key}", **(options.pop("headers", None) or {})}
        answer = self.client.open(path, method=method, headers=headers, **options)
        return cast("Answer", answer)

    def get(self, path: str, **options: Any) -> Answer:
        """GET ``path``."""
        return self.open(path, "GET", **options)

    def post(self, path: str, **options: Any) -> Answer:
        """POST to ``path``."""
        return self.open(path, "POST", **options)

    def put(self, path: str, **options: Any) -> Answer:
        """PUT to ``path``."""
        return self.open(path, "PUT", **options)

    def patch(self, path: str, **options: Any) -> Answer:
        """PATCH ``path``."""
        return self.open(path, "PATCH", **options)

    def delete(self, path: str, **options: Any) -> Answer:
        """DELETE ``path``."""
        return self.open(path, "DELETE", **options)


@dataclass(frozen=True)
class Tenant:
    """A controller with an active policy, its agreement accepted, and a key of every scope."""

    app: Flask = field(repr=False)
    controller_id: uuid.UUID
    slug: str
    key: str = field(repr=False)

    @property
    def client(self) -> KeyClient:
        """A client that calls as this tenant."""
        return KeyClient(self.app.test_client(), self.key)

    def client_with(self, *scopes: str) -> KeyClient:
        """Return a client whose key has these scopes only."""
        with self.app.app_context(), transaction(self.controller_id) as session:
            key = controllers.issue_key(
                session, self.controller_id, name="narrow", actor="operator:test", scopes=scopes
            )
        return KeyClient(self.app.test_client(), key)

    def client_manager(self, name: str, *scopes: str) -> KeyClient:
        """Return a client with the key of a client manager."""
        with self.app.app_context(), transaction(self.controller_id) as session:
            key = controllers.issue_key(
                session,
                self.controller_id,
                name=name,
                actor="operator:test",
                scopes=scopes or CLIENT_MANAGER_SCOPES,
                client_manager=name,
            )
        return KeyClient(self.app.test_client(), key)


def make_tenant(
    app: Flask,
    *,
    scopes: Sequence[str] = SCOPES,
    policy: dict[str, Any] | None = None,
    accept_agreement: bool = True,
) -> Tenant:
    """Create a controller with the policy cantec-ee, or with the ``policy`` document given."""
    slug = f"t-{secrets.token_hex(8)}"
    document = policy or load_policy()
    with app.app_context(), transaction() as session:
        controller = controllers.create(session, slug=slug, name="A Test Company")
        key = controllers.issue_key(
            session, controller.id, name="test", actor="operator:test", scopes=scopes
        )
        connection = driver_connection(session)
        # Directly, not by activating: a test's event feed and audit log begin with its own deeds.
        connection.execute(_ACTIVATE, (controller.id, document["name"], Jsonb(document)))
        if accept_agreement and document.get("agreement"):
            connection.execute(_ACCEPT, (controller.id, document["agreement"]["version"]))
        return Tenant(app, controller.id, slug, key)


def load_policy() -> dict[str, Any]:
    """Return the document of the policy that ships for Cantec."""
    document: dict[str, Any] = yaml.safe_load(POLICY.read_text())
    return document
