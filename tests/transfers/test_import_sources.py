"""Where imported data come from (GDPR Art. 14(2)(f))."""

from pathlib import Path

import pytest
from flask import Flask

from crm_service.config import Settings
from tests.factories import Tenant
from tests.rights.asking import under
from tests.transfers.files import bring, write
from tests.transfers.uploading import done, send

MARI = {"Email": "mari@example.com", "First Name": "Mari", "Country": "EE"}


def _sources(tenant: Tenant) -> dict[str, tuple[str, str | None]]:
    [mari] = tenant.client.get("/v1/contacts").json["items"]
    items = tenant.client.get(f"/v1/contacts/{mari['id']}/provenance").json["items"]
    return {i["field"]: (i["source"]["kind"], i["source"]["reference"]) for i in items}


@pytest.mark.clause("se-02", "si-08")
def test_an_import_is_the_source_of_what_it_adds_and_of_each_field_it_changes(
    tenant: Tenant, tmp_path: Path
) -> None:
    first = bring(tenant, write(tmp_path / "1.csv", MARI), source_kind="business_contact")
    changed = {**MARI, "First Name": "Maria", "Notes": "stand 4"}
    second = bring(tenant, write(tmp_path / "2.csv", changed), source_kind="public_register")

    found = _sources(tenant)

    first_id, second_id = str(first.result.job.id), str(second.result.job.id)
    assert found["first_name"] == found["notes"] == ("public_register", second_id)
    assert found["country"] == found["email"] == ("business_contact", first_id)


@pytest.mark.clause("si-08")
def test_a_file_without_a_word_of_its_source_counts_as_the_policy_says(
    app: Flask, tmp_path: Path
) -> None:
    tenant = under(app, "tenzor")

    bring(tenant, write(tmp_path / "1.csv", MARI))

    assert _sources(tenant)["email"][0] == "business_contact"


@pytest.mark.clause("se-02")
def test_an_upload_from_a_source_that_the_policy_does_not_name_is_refused(
    app: Flask, settings: Settings
) -> None:
    tenant = under(app, "cadcraft")
    file = b"email\nmari@example.com\n"

    refused = send(tenant, file, source="partner")
    unknown = send(tenant, file, source="rumour")
    done(tenant, settings, file, source="public_register")

    assert (refused.status_code, refused.json["code"]) == (422, "source_not_allowed")
    assert unknown.status_code == 422
    assert _sources(tenant)["email"][0] == "public_register"
