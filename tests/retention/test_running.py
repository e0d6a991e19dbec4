"""A run does each thing once, however often, wherever and however abruptly it is made."""

import csv
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask

from crm_service.config import Settings
from crm_service.db import APP_ROLE, Connection, connect_options
from crm_service.policies.loading import read_policy
from crm_service.retention import pace, service, steps
from crm_service.retention.steps import Run
from crm_service.subjects import service as subjects
from tests.contacts.register import Admin, audited
from tests.factories import Tenant, load_policy, make_tenant
from tests.policies.test_published import POLICIES
from tests.retention.aging import (
    INTEREST,
    Retention,
    add,
    contacts,
    events,
    register,
)

OLD = "2015-01-01T00:00:00Z"


def crowd(tenant: Tenant, size: int) -> set[str]:
    """Register people whom nothing keeps, and one whom something does; return their addresses."""
    emails = {f"person{number}@example.com" for number in range(size)}
    for email in sorted(emails):
        register(tenant, email=email, added_at=OLD, permissions=[dict(INTEREST)])
    register(tenant, email="new@example.com")
    return emails


def acting(settings: Settings) -> Connection:
    return psycopg.connect(settings.database_url, autocommit=True, **connect_options(APP_ROLE))


def prepared(connection: Connection, tenant: Tenant, settings: Settings) -> Run:
    return service.prepare(
        connection, tenant.controller_id, actor="operator:test", keyring=settings.keyring
    )


def test_a_dry_run_says_of_every_row_why_and_since_when_and_changes_nothing(
    tenant: Tenant, retention: Retention, admin: Admin
) -> None:
    contact = register(tenant, added_at=OLD)

    [row] = retention.preview(tenant)

    assert row == {
        "table": "contacts", "category": "contact", "action": "erase", "rule": "register",
        "id": contact["id"], "contact_id": contact["id"], "clause": "ee-05",
        "counted_from": "added", "since": "2015-01-01T00:00:00Z",
        "ended_at": "2020-01-01T00:00:00Z", "held": None,
    }  # fmt: skip
    assert contacts(tenant) == {"mari@example.com"}
    [entry] = audited(admin, tenant, "retention.preview")
    assert entry["details"]["rows"] == {"contacts:register": 1}


def test_a_dry_run_counts_what_the_run_then_does(
    app: Flask, retention: Retention, tmp_path: Path
) -> None:
    tenant = make_tenant(app, policy=dict(read_policy(POLICIES / "cantec-no.yaml")))
    contact = register(tenant)
    for case in (None, "C-1"):
        filed = {"case": case} if case else {}
        add(tenant, contact, "call", OLD, number="+47 22 12 34 56", note="n", **filed)
    words = ("run", "--controller", tenant.slug, "--report", str(tmp_path / "rows.csv"))

    shown = retention.invoke(*words, "--dry-run").stdout.splitlines()
    done = retention.invoke(*words).stdout.splitlines()

    assert f"{tenant.slug}: interactions, rule call_numbers (no-04): 1 to fields" in shown
    assert f"{tenant.slug}: interactions, rule call_numbers (no-04): 1 done: fields" in done
    assert any(line.endswith("rule calls (no-04): 1 to erase; 1 held (open_case 1)")
               for line in shown)  # fmt: skip
    rows = list(csv.DictReader((tmp_path / "rows.csv").read_text().splitlines()))
    assert sorted((row["rule"], row["held"]) for row in rows) == [
        ("call_numbers", ""), ("calls", ""), ("calls", "open_case"),
    ]  # fmt: skip


@pytest.mark.rule(25, 38)
def test_a_second_run_finds_nothing_to_do(
    tenant: Tenant, retention: Retention, admin: Admin
) -> None:
    crowd(tenant, 3)

    first, second = retention.run(tenant), retention.run(tenant)

    assert "rule register (ee-05): 3 done: erase" in first
    assert "nothing is due" in second
    assert contacts(tenant) == {"new@example.com"}
    assert len(events(tenant, "contact.erased.v1")) == 3
    assert len(events(tenant, "consent.expired.v1")) == 3
    assert [one["count"] for one in audited(admin, tenant, "contacts.erase")] == [3]


@pytest.mark.rule(26)
def test_two_machines_at_once_erase_everybody_once(
    tenant: Tenant, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    emails = crowd(tenant, 24)
    monkeypatch.setattr(steps, "SIZE", 5)

    def sweep(_: int) -> int:
        with acting(settings) as connection:
            run = prepared(connection, tenant, settings)
            return service.execute(connection, run).done.total()

    with ThreadPoolExecutor(2) as machines:
        done = sum(machines.map(sweep, range(2)))
    done += sweep(3)

    assert (done, contacts(tenant)) == (2 * len(emails), {"new@example.com"})
    told = [one["subject"] for one in events(tenant, "contact.erased.v1")]
    assert len(told) == len(set(told)) == len(emails)


def test_who_is_busy_is_not_waited_for_and_is_done_the_next_time(
    tenant: Tenant, retention: Retention, settings: Settings
) -> None:
    busy = register(tenant, added_at=OLD)
    register(tenant, email="jaan@example.com", added_at=OLD)

    with acting(settings) as clicking, clicking.transaction():
        subjects.lock(clicking, [uuid.UUID(busy["id"])])
        said = retention.run(tenant)
        kept = contacts(tenant)
    retention.run(tenant)

    assert (kept, contacts(tenant)) == ({"mari@example.com"}, set())
    assert "1 rows were busy or changed meanwhile" in said


def test_what_is_held_between_being_found_and_being_done_stays(
    tenant: Tenant, settings: Settings
) -> None:
    contact = register(tenant, added_at=OLD)
    with acting(settings) as connection:
        run = prepared(connection, tenant, settings)
        asked = {"kind": "access", "received_by": "email", "contact_id": contact["id"]}

        def ask(*_: Any) -> None:
            assert tenant.client.post("/v1/rights-requests", json=asked).status_code == 201

        summary = service.execute(connection, run, on_due=ask)

    assert (summary.done.total(), summary.postponed) == (0, 1)
    assert contacts(tenant) == {"mari@example.com"}


def test_an_interrupted_run_is_gone_on_with(
    tenant: Tenant, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd(tenant, 6)
    monkeypatch.setattr(pace, "FIRST", 2)
    stops = iter([False, False, False, True])
    with acting(settings) as connection:
        run = prepared(connection, tenant, settings)
        service.execute(connection, run, is_over=lambda: next(stops))
        left = contacts(tenant)
        service.execute(connection, run)

    assert (len(left), contacts(tenant)) == (5, {"new@example.com"})


@pytest.mark.rule(19, 20)
@pytest.mark.clause("ee-05")
def test_an_ended_permission_is_told_of_once_and_its_verdict_stays_the_same(
    tenant: Tenant, retention: Retention
) -> None:
    contact = register(tenant, added_at="2021-01-01T00:00:00Z", permissions=[dict(INTEREST)])
    add(tenant, contact, "order", "2026-01-01T00:00:00Z")
    tenant.client.post(
        "/v1/topics", json={"slug": "news", "name": {"en": "News"}, "category": "marketing"}
    )
    asked = {"topic": "news", "channel": "email", "emails": ["mari@example.com"]}
    for _ in range(2):
        retention.run(tenant)

    [result] = tenant.client.post("/v1/eligibility-checks", json=asked).json["results"]
    [told] = events(tenant, "consent.expired.v1")
    entries = tenant.client.get(f"/v1/contacts/{contact['id']}/ledger").json["items"]

    assert (result["eligible"], result["reasons"]) == (False, ["term_ended"])
    assert [one["action"] for one in entries] == ["granted", "expired"]
    assert told["time"].startswith("2026-01-01T00:00:00")


def test_attributes_and_devices_go_by_their_own_terms(app: Flask, retention: Retention) -> None:
    document = load_policy()
    segment = {"category": "attributes.relationship", "keep": "P1Y", "from": "added"}
    document["retention"]["rules"]["segments"] = segment
    tenant = make_tenant(app, policy=document)
    attributes = {"segment": "gold", "job_title": "engineer"}
    contact = register(tenant, added_at="2025-01-01T00:00:00Z", attributes=attributes)

    retention.run(tenant)

    left = tenant.client.get(f"/v1/contacts/{contact['id']}").json
    assert left["attributes"] == {"job_title": "engineer"}
    assert events(tenant, "contact.updated.v1")[0]["data"]["fields"] == ["attributes"]


@pytest.mark.rule(36)
def test_a_run_for_one_controller_leaves_the_others_alone(
    tenant: Tenant, other_tenant: Tenant, retention: Retention
) -> None:
    crowd(tenant, 1)
    crowd(other_tenant, 1)

    retention.run(tenant)

    assert contacts(other_tenant) == {"person0@example.com", "new@example.com"}


def test_an_unknown_controller_and_a_report_about_several_are_refused_in_one_line(
    retention: Retention, tmp_path: Path
) -> None:
    unknown = retention.invoke("run", "--controller", "nobody")
    several = retention.invoke("run", "--report", str(tmp_path / "rows.csv"))

    assert "there is no controller 'nobody'" in str(unknown.exception or unknown.output)
    assert (several.exit_code, "name it with --controller" in several.output) == (2, True)
    assert list(tmp_path.iterdir()) == []
