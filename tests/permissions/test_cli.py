from click.testing import CliRunner
from flask import Flask

from crm_service.permissions.cli import permissions
from tests.factories import Tenant

GRANT = {
    "purpose": "marketing",
    "channel": "email",
    "basis": "legitimate_interests",
    "state": "granted",
    "evidence": {"assessment": "LIA-1"},
}


def test_a_rebuild_from_the_ledger_leaves_the_permissions_as_they_were(
    app: Flask, tenant: Tenant
) -> None:
    person = {"email": "anna@example.com", "source": {"kind": "api"}, "permissions": [GRANT]}
    contact_id = tenant.client.post("/v1/contacts", json=person).json["id"]
    path = f"/v1/contacts/{contact_id}/permissions"
    before = tenant.client.get(path).json["items"]

    result = CliRunner().invoke(permissions, ["rebuild", "--controller", tenant.slug])

    assert result.output == f"{tenant.slug}: 1 permissions\n"
    assert len(before) == 1
    assert tenant.client.get(path).json["items"] == before
