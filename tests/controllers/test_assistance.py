"""Operators act inside a controller's data on its recorded request (clause ee-21)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from click.testing import Result
from flask import Flask

from crm_service.controllers.cli import key
from crm_service.permissions.cli import permissions
from crm_service.transfers.cli import import_group
from tests.factories import Tenant
from tests.offboarding.commands import run

ASK = {
    "requested_by": "head of sales",
    "task": "import our list",
    "ends_at": "2099-01-01T00:00:00Z",
}
PATH = "/v1/assistance-requests"


@pytest.fixture
def on_request(app: Flask) -> Iterator[None]:
    """Operators act on request alone."""
    settings = app.extensions["crm.settings"]
    app.extensions["crm.settings"] = replace(settings, operator_on_request=True)
    yield
    app.extensions["crm.settings"] = settings


def bring(tenant: Tenant, tmp_path: Path) -> Result:
    """Import a list as an operator."""
    file = tmp_path / "list.csv"
    file.write_text("email\nmari@example.com\n")
    args = ["contacts", str(file), "--controller", tenant.slug]
    return tenant.app.test_cli_runner().invoke(import_group, args)


def count(tenant: Tenant) -> int:
    """Return how many contacts there are."""
    return len(tenant.client.get("/v1/contacts").json["items"])


@pytest.mark.clause("ee-21")
def test_an_operator_acts_only_while_the_controllers_request_is_open(
    tenant: Tenant, tmp_path: Path, on_request: None
) -> None:
    before, counts = bring(tenant, tmp_path), [count(tenant)]
    request = tenant.client.post(PATH, json=ASK).json
    during = bring(tenant, tmp_path)
    counts.append(count(tenant))
    tenant.client.post(f"{PATH}/{request['id']}/end")
    rebuild = ["rebuild", "--controller", tenant.slug]
    after = tenant.app.test_cli_runner().invoke(permissions, rebuild)

    codes = [getattr(one.exception, "code", None) for one in (before, after)]
    assert codes == ["no_assistance_request"] * 2
    assert (during.exit_code, counts) == (0, [0, 1])


@pytest.mark.clause("ee-21")
@pytest.mark.rule(38)
def test_what_an_operator_did_is_in_the_controllers_audit_log_with_the_request(
    tenant: Tenant, tmp_path: Path, on_request: None
) -> None:
    request = tenant.client.post(PATH, json=ASK).json

    bring(tenant, tmp_path)

    [entry] = tenant.client.get("/v1/audit?action=operators.enter").json["items"]
    assert entry["actor"] == "operator:import contacts"
    assert entry["details"] == {"request_id": request["id"]}


@pytest.mark.clause("ee-21")
@pytest.mark.rule(38)
def test_everything_a_controller_owns_is_taken_out_on_its_request_alone(
    tenant: Tenant, tmp_path: Path, on_request: None
) -> None:
    file = tmp_path / "everything.zip"
    arguments = ("export", tenant.slug, "--output", file)

    refused, is_left = run(tenant.app, *arguments), file.exists()
    tenant.client.post(PATH, json=ASK)
    done = run(tenant.app, *arguments)

    assert (refused.exit_code, is_left) == (1, False)
    assert "has not asked for an operator's help" in refused.output
    assert done.exit_code == 0, done.output
    [entry] = tenant.client.get("/v1/audit?action=operators.enter").json["items"]
    assert entry["actor"] == "operator:controller export"


@pytest.mark.clause("ee-21")
def test_a_request_ends_by_itself(tenant: Tenant, tmp_path: Path, on_request: None) -> None:
    tenant.client.post(PATH, json={**ASK, "ends_at": "2027-01-01T00:00:00Z"})

    with time_machine.travel(datetime.fromisoformat("2027-01-01T00:00:00Z"), tick=False):
        refused = bring(tenant, tmp_path)

    assert getattr(refused.exception, "code", None) == "no_assistance_request"
    assert count(tenant) == 0


@pytest.mark.clause("ee-21")
def test_an_operator_makes_a_controllers_first_key_and_no_other_unasked(
    tenant: Tenant, on_request: None
) -> None:
    create = ["create", "--controller", tenant.slug, "--scope", "contacts:read"]

    refused = tenant.app.test_cli_runner().invoke(key, create)

    assert refused.exit_code == 1
    assert "has not asked for an operator's help" in refused.output
    assert len(tenant.client.get("/v1/keys").json["items"]) == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [({"ends_at": "2020-01-01T00:00:00Z"}, "already_expired"), ({"task": ""}, "invalid_request")],
)
def test_a_request_that_cannot_be_is_refused(
    tenant: Tenant, change: dict[str, Any], code: str
) -> None:
    answer = tenant.client.post(PATH, json=ASK | change)

    assert (answer.status_code, answer.json["code"]) == (422, code)
    assert tenant.client.get(PATH).json["items"] == []
