from pathlib import Path

import pytest
from flask import Flask

from crm_service.offboarding import leaving
from tests.factories import Tenant
from tests.offboarding.commands import Admin, run
from tests.unsubscribe.people import Recipient, make_recipient


@pytest.fixture
def mari(tenant: Tenant, admin: Admin, monkeypatch: pytest.MonkeyPatch) -> Recipient:
    """Mari, who has left one topic, and whose number the controller keeps."""
    monkeypatch.setattr(leaving, "SETTLING_SECONDS", 0)
    recipient = make_recipient(tenant, admin)
    recipient.browser.post(recipient.path)
    number = {"country": "EE", "number": "38001085718"}
    path = f"/v1/contacts/{recipient.contact_id}/national-id"
    assert tenant.client.put(path, json=number).status_code == 200
    return recipient


@pytest.fixture
def export(app: Flask, mari: Recipient, tmp_path: Path) -> Path:
    """Everything that Mari's controller owns, in a file."""
    file = tmp_path / "everything.zip"
    result = run(app, "export", mari.tenant.slug, "--output", file)
    assert result.exit_code == 0, result.output
    return file
