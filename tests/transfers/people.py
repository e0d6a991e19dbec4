"""Mari, who stands in the register already, and looks at what is stored about her."""

from typing import Any

from tests.factories import Tenant
from tests.transfers.files import (
    Admin,
)

MARI = {"Email": "mari@example.com"}
PHONE = "+372 5123 4567"


def verdict(tenant: Tenant, email: str = "mari@example.com", topic: str = "news") -> dict[str, Any]:
    """Return whether something may be sent now."""
    question = {"topic": topic, "channel": "email", "emails": [email]}
    found: dict[str, Any] = tenant.client.post("/v1/eligibility-checks", json=question).json
    result: dict[str, Any] = found["results"][0]
    return result


def leave(tenant: Tenant, topic: str = "news") -> None:
    """Unsubscribe Mari by one click."""
    asked = {"email": "mari@example.com", "topic": topic}
    url: str = tenant.client.post("/v1/unsubscribe-links", json=asked).json["url"]
    path = "/u/" + url.rpartition("/")[2]
    assert tenant.app.test_client().post(path).status_code == 200


def column_of(admin: Admin, tenant: Tenant, table: str, column: str) -> list[Any]:
    """Return one column of the tenant's rows, in order."""
    order = "position" if table == "ledger_entries" else column
    query = f"SELECT {column} FROM {table} WHERE controller_id = %s ORDER BY {order}"  # noqa: S608
    return [row[0] for row in admin.execute(query.encode(), (tenant.controller_id,))]
