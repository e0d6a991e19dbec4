"""Imports beside others that work on the same file or the same people (rules 26 and 36)."""

import uuid
from pathlib import Path

import pytest

from crm_service.config import Settings
from crm_service.db import SET_CONTROLLER, Connection
from crm_service.errors import Conflict
from crm_service.subjects import service as subjects
from crm_service.transfers import jobs, service
from crm_service.transfers.detecting import detect
from crm_service.transfers.reading import FileSource
from tests.contacts.register import email_key, register
from tests.factories import Tenant
from tests.transfers.files import CONSENT, Admin, bring, contacts, counted, write
from tests.transfers.processes import PATIENCE, await_waiting, importing


def test_a_file_is_imported_by_one_process_at_a_time(
    settings: Settings, tenant: Tenant, admin: Admin, tmp_path: Path
) -> None:
    file = write(tmp_path / "f.csv", {"Email": "mari@example.com"})
    found = detect(FileSource(file))

    with (
        service.connect(settings) as connection,
        jobs.exclusively(connection, tenant.controller_id, found.sha256),
        pytest.raises(Conflict, match="being imported already") as refused,
    ):
        bring(tenant, file)

    assert refused.value.code == "import_running"
    assert contacts(admin, tenant) == {}
    assert bring(tenant, file).outcomes == ["created"]


def test_another_controller_imports_the_same_file_meanwhile(
    settings: Settings, tenant: Tenant, other_tenant: Tenant, tmp_path: Path
) -> None:
    file = write(tmp_path / "f.csv", {"Email": "mari@example.com"})
    found = detect(FileSource(file))

    with (
        service.connect(settings) as connection,
        jobs.exclusively(connection, tenant.controller_id, found.sha256),
    ):
        imported = bring(other_tenant, file)

    assert imported.outcomes == ["created"]


def test_an_import_waits_for_whoever_changes_a_person_and_sees_what_they_did(
    settings: Settings, tenant: Tenant, admin: Admin, tmp_path: Path
) -> None:
    contact_id = register(tenant)["id"]
    file = write(tmp_path / "f.csv", {"Email": "mari@example.com", "Notes": "met"})
    with service.connect(settings) as other, importing(settings, tenant, file) as process:
        with other.transaction():
            other.execute(SET_CONTROLLER, (str(tenant.controller_id),))
            subjects.lock(other, [uuid.UUID(contact_id)])
            await_waiting(admin)
            other.execute("UPDATE contacts SET city = 'Tartu' WHERE id = %s", (contact_id,))
        process.wait(PATIENCE)

    [stored] = contacts(admin, tenant).values()
    assert (stored["city"], stored["notes"]) == ("Tartu", "met")


def test_rows_that_change_nothing_wait_for_nobody(
    settings: Settings, tenant: Tenant, tmp_path: Path
) -> None:
    file = write(tmp_path / "f.csv", {"Email": "mari@example.com", "Topics": "news", **CONSENT})
    bring(tenant, file)
    with service.connect(settings) as other, other.transaction():
        other.execute(SET_CONTROLLER, (str(tenant.controller_id),))
        key = email_key(tenant, "mari@example.com")
        subject_id = subjects.find(other, tenant.controller_id, key)
        assert subject_id is not None
        subjects.lock(other, [subject_id])

        again = bring(tenant, file)

    assert again.outcomes == ["unchanged"]


def test_a_batch_that_collides_is_taken_anew(
    tenant: Tenant, admin: Admin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path / "f.csv", {"Email": "mari@example.com", "Topics": "news", **CONSENT})
    _collide_once(monkeypatch)

    imported = bring(tenant, file)

    assert imported.outcomes == ["created"]
    assert imported.result.job.notes["topics_created"] == ["news"]
    assert counted(admin, tenant, "contacts", "permissions", "topics") == {
        "contacts": 1,
        "permissions": 1,
        "topics": 1,
    }


def _collide_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the first batch meet a real error of the database at its very end."""
    advance, collisions = jobs.advance, iter([True])

    def collide(connection: Connection, *facts: object, position: int) -> None:
        if next(collisions, False):
            connection.execute("DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$").fetchone()
        advance(connection, *facts, position=position)  # type: ignore[arg-type]  # passed on as they are

    monkeypatch.setattr(jobs, "advance", collide)


def test_many_rows_about_one_address_are_one_contact(
    tenant: Tenant, admin: Admin, tmp_path: Path
) -> None:
    row = {"Email": "mari@example.com", "Topics": "news", **CONSENT}
    rows = [{**row, "Notes": f"note {number}"} for number in range(5000)]

    imported = bring(tenant, write(tmp_path / "f.csv", *rows))

    assert imported.outcomes == ["created", *["duplicate"] * 4999]
    assert contacts(admin, tenant)["mari@example.com"]["notes"] == "note 0"
    assert counted(admin, tenant, "events", "ledger_entries") == {"events": 2, "ledger_entries": 1}


def test_the_service_cannot_be_fooled_into_another_controllers_rows(
    settings: Settings, tenant: Tenant, other_tenant: Tenant, tmp_path: Path
) -> None:
    job = bring(tenant, write(tmp_path / "f.csv", {"Email": "mari@example.com"})).result.job

    with service.connect(settings) as connection:
        theirs = list(jobs.outcomes(connection, other_tenant.controller_id, job.id))

    assert theirs == []
