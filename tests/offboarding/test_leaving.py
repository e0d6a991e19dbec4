"""A controller that leaves is forgotten, but for the heads of its logs (ADR 0034)."""

import json
import threading
import time
from pathlib import Path

import psycopg
import pytest
from flask import Flask

from crm_service.embedded import EmbeddedPostgres
from crm_service.offboarding import leaving, repository
from tests.factories import Tenant
from tests.offboarding.commands import Admin, everything, members, run
from tests.unsubscribe.people import Recipient, make_recipient

LATE = """
INSERT INTO wordings (controller_id, version, language, sha256)
VALUES (%s, 'late', 'en', 'x')
"""
HOURS_LATER = "UPDATE controllers SET closed_at = closed_at - interval '2 hours' WHERE id = %s"


def offboard(app: Flask, tenant: Tenant, export: Path) -> str:
    result = run(app, "offboard", tenant.slug, "--export", export, "--confirm", tenant.slug)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.rule(36)
@pytest.mark.clause("ee-21")
def test_nothing_of_it_stays_but_the_heads_and_others_keep_everything(
    app: Flask, mari: Recipient, other_tenant: Tenant, admin: Admin, export: Path
) -> None:
    other = make_recipient(other_tenant, admin)
    before = other.stored()
    heads = json.loads(members(export)["manifest.json"])["heads"]

    offboard(app, mari.tenant, export)

    dump = everything(admin)
    for trace in (mari.tenant.slug, str(mari.tenant.controller_id), str(mari.contact_id)):
        assert trace not in dump
    assert heads["ledger"]["digest"] in dump
    assert heads["audit"]["digest"] in dump
    assert other.stored() == before
    assert other.tenant.client.get(f"/v1/contacts/{other.contact_id}").status_code == 200


def test_its_keys_stop_working_at_once(app: Flask, mari: Recipient, export: Path) -> None:
    offboard(app, mari.tenant, export)

    refused = mari.tenant.client.get("/v1/contacts")

    assert (refused.status_code, refused.json["code"]) == (401, "unauthenticated")


@pytest.mark.rule(10, 11)
def test_its_links_say_that_nothing_more_is_sent_and_a_click_is_still_answered_200(
    app: Flask, mari: Recipient, admin: Admin, export: Path
) -> None:
    offboard(app, mari.tenant, export)
    before = everything(admin)

    page = mari.browser.get(mari.path)
    one_click = mari.browser.post(mari.path, data={"List-Unsubscribe": "One-Click"})
    preferences = mari.browser.get(f"{mari.path}/preferences")

    assert (page.status_code, preferences.status_code) == (410, 410)
    assert "Nothing more is sent from here" in page.text
    assert one_click.status_code == 200
    assert everything(admin) == before


def test_what_changed_since_the_export_keeps_everything_and_leaves_it_open(
    app: Flask, mari: Recipient, export: Path
) -> None:
    mari.browser.post(mari.path, data={"scope": "all"})
    before = mari.stored()

    slug = mari.tenant.slug
    result = run(app, "offboard", slug, "--export", export, "--confirm", slug)

    assert result.exit_code == 1
    assert "tables/suppressions.ndjson" in result.output
    assert "export again, then offboard" in result.output
    assert mari.stored() == before
    assert mari.tenant.client.get("/v1/contacts").status_code == 200


def test_what_is_being_written_when_it_is_closed_counts_as_changed(
    app: Flask, mari: Recipient, admin: Admin, postgres: EmbeddedPostgres, export: Path
) -> None:
    slug = mari.tenant.slug
    with psycopg.connect(postgres.url()) as writer:
        writer.execute("UPDATE contacts SET city = 'Tartu' WHERE id = %s", (mari.contact_id,))
        commit = threading.Timer(1.0, writer.commit)
        commit.start()
        result = run(app, "offboard", slug, "--export", export, "--confirm", slug)
        commit.join()

    assert result.exit_code == 1
    assert "tables/contacts.ndjson" in result.output
    kept = admin.execute("SELECT city FROM contacts WHERE id = %s", (mari.contact_id,)).fetchone()
    assert kept == ("Tartu",)


def test_what_is_written_by_who_took_it_for_open_goes_as_well(
    app: Flask, mari: Recipient, admin: Admin, export: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []

    def write_late(_seconds: float) -> None:
        written.append(admin.execute(LATE, (mari.tenant.controller_id,)).rowcount)
        admin.execute(HOURS_LATER, (mari.tenant.controller_id,))

    monkeypatch.setattr(leaving, "SETTLING_SECONDS", 3600)
    monkeypatch.setattr(time, "sleep", write_late)

    offboard(app, mari.tenant, export)

    assert written == [1]
    assert str(mari.tenant.controller_id) not in everything(admin)


def test_reading_alone_does_not_make_an_export_old(
    app: Flask, mari: Recipient, export: Path
) -> None:
    assert mari.tenant.client.get("/v1/contacts").status_code == 200

    assert "is gone" in offboard(app, mari.tenant, export)


def test_another_controllers_export_is_refused(
    app: Flask, mari: Recipient, other_tenant: Tenant, export: Path
) -> None:
    slug = other_tenant.slug

    result = run(app, "offboard", slug, "--export", export, "--confirm", slug)

    assert result.exit_code == 1
    assert "this is the export of another controller" in result.output
    assert other_tenant.client.get("/v1/topics").status_code == 200


def test_without_the_slug_once_more_nothing_is_done(
    app: Flask, mari: Recipient, export: Path
) -> None:
    result = run(app, "offboard", mari.tenant.slug, "--export", export, "--confirm", "another")

    assert result.exit_code == 2
    assert f"must be {mari.tenant.slug}" in result.output
    assert mari.tenant.client.get("/v1/contacts").status_code == 200


def test_what_was_interrupted_goes_on_with_the_same_export(
    app: Flask, mari: Recipient, admin: Admin, export: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slug = mari.tenant.slug
    deleted: list[str] = []

    def cut_off(_owner: object, table: str, _controller_id: object) -> int:
        if len(deleted) == 10:
            raise psycopg.OperationalError("cut off")
        deleted.append(table)
        return delete(_owner, table, _controller_id)  # type: ignore[arg-type]

    delete = repository.delete
    monkeypatch.setattr(repository, "delete", cut_off)
    cut = run(app, "offboard", slug, "--export", export, "--confirm", slug)
    monkeypatch.setattr(repository, "delete", delete)

    assert cut.exit_code == 1
    assert mari.browser.post(mari.path).status_code == 200
    assert "is gone" in offboard(app, mari.tenant, export)
    assert str(mari.tenant.controller_id) not in everything(admin)


@pytest.mark.rule(18)
@pytest.mark.parametrize("table", ["ledger_entries", "audit_entries", "seals", "policy_versions"])
def test_a_log_of_a_controller_that_is_open_still_refuses_deletion(
    admin: Admin, mari: Recipient, export: Path, table: str
) -> None:
    statement = f"DELETE FROM {table} WHERE controller_id = %s"  # noqa: S608 - constants

    with pytest.raises(psycopg.errors.RestrictViolation):
        admin.execute(statement, (mari.tenant.controller_id,))
