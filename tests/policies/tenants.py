"""Tenants in the states that policies bring them into."""

import secrets
from typing import Any

from flask import Flask

from crm_service.controllers import service as controllers_service
from crm_service.db import driver_connection, transaction
from crm_service.policies import service
from crm_service.policies.document import Policy
from tests.factories import Tenant


def bare_tenant(app: Flask) -> Tenant:
    """Create a controller without a policy, and a key of every scope."""
    slug = f"t-{secrets.token_hex(8)}"
    with app.app_context(), transaction() as session:
        controller = controllers_service.create(session, slug=slug, name="A Test Company")
        key = controllers_service.issue_key(
            session, controller.id, name="test", actor="operator:test"
        )
        return Tenant(app, controller.id, slug, key)


def activate(tenant: Tenant, document: dict[str, Any]) -> Policy:
    """Activate a policy in a transaction of its own."""
    with tenant.app.app_context(), transaction(tenant.controller_id) as session:
        connection = driver_connection(session)
        return service.activate(connection, tenant.controller_id, document, "operator:test")
