import csv
import hashlib
import io
import json
from typing import Any

import pytest

from crm_service.config import Settings
from crm_service.transfers import suppression_exporting
from tests.factories import Tenant
from tests.transfers.suppression_lists import Admin, Lists, blocks, make_topic, register

SHA256 = hashlib.sha256(b"unknown@example.com").hexdigest()


@pytest.fixture
def full(lists: Lists, tenant: Tenant) -> Lists:
    """A tenant with a block of every kind: known and unknown addresses, a number, domain, hash."""
    register(tenant, "known@example.com", phone="5123 4567", country="EE")
    register(tenant, "+plus@example.com")
    lists.take("known@example.com,complaint\n+plus@example.com,bounce\ngone@example.com\n")
    lists.take("email,created\nknown@example.com,1709209805\n", topic="news")
    lists.take("+372 5123 4567,manual\n*.example.org\n", scope="all")
    lists.take(f"{SHA256},unsubscribe\n")
    return lists


def exported(tenant: Tenant, format_: str = "csv") -> str:
    answer = tenant.client.get(f"/v1/suppressions/export?format={format_}")
    assert answer.status_code == 200
    return answer.text


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def facts(found: list[dict[str, Any]], *names: str) -> set[tuple[Any, ...]]:
    return {tuple(one[name] for name in names) for one in found}


@pytest.mark.rule(9)
def test_every_block_that_stands_is_in_the_export_with_everything_that_is_kept(
    full: Lists, tenant: Tenant, admin: Admin
) -> None:
    found = rows(exported(tenant))

    keyed = [one for one in found if one["kind"] != "sha256"]
    stored = blocks(admin, tenant)
    assert {
        (o["address_key"], o["scope"], o["topic"], o["reason"], o["source"]) for o in keyed
    } == {
        (str(o["address_key"]), o["scope"], o["topic"] or "", o["reason"], o["source"])
        for o in stored
    }
    assert {one["suppressed_at"] for one in keyed} == {
        f"{one['suppressed_at']:%Y-%m-%dT%H:%M:%S.%f}Z" for one in stored
    }
    assert facts(found, "kind", "address") == {
        ("email", "known@example.com"),
        ("email", "'+plus@example.com"),
        ("email", ""),
        ("phone", "'+37251234567"),
        ("domain", "*.example.org"),
        ("sha256", SHA256),
    }


@pytest.mark.rule(9)
def test_both_formats_hold_the_same_and_only_csv_is_neutralized(
    full: Lists, tenant: Tenant
) -> None:
    lines = [json.loads(line) for line in exported(tenant, "ndjson").splitlines()]

    by_key = {(one["address_key"], one["scope"], one["reason"]): one for one in lines}
    for row in rows(exported(tenant)):
        line = by_key[row["address_key"] or None, row["scope"], row["reason"]]
        address = (line["address"] or "").replace("+", "'+", 1)
        assert row == {name: value or "" for name, value in line.items()} | {"address": address}
    assert len(lines) == 7


@pytest.mark.rule(4, 9)
@pytest.mark.parametrize("format_", ["csv", "ndjson"])
def test_an_export_imported_again_changes_nothing(
    full: Lists, tenant: Tenant, admin: Admin, format_: str
) -> None:
    before, text = blocks(admin, tenant), exported(tenant, format_)

    result = full.take(text)

    assert (result.layout.name, result.outcomes) == ("crm-service", {"unchanged": 7})
    assert blocks(admin, tenant) == before
    assert exported(tenant, format_) == text


@pytest.mark.rule(9, 36)
@pytest.mark.parametrize("format_", ["csv", "ndjson"])
def test_another_controller_takes_what_is_known_in_plain_and_names_the_rest(
    full: Lists, tenant: Tenant, other_tenant: Tenant, admin: Admin, format_: str
) -> None:
    elsewhere = Lists(full.settings, other_tenant, full.folder)

    result = elsewhere.take(exported(tenant, format_))

    assert result.outcomes == {"added": 6, "rejected": 1}
    assert [code for _, code in result.problems] == ["unknown_address_key"]
    names = ("kind", "scope", "topic", "reason", "source", "suppressed_at")
    left = [
        one for one in blocks(admin, tenant) if one["address_key"] != full.key("gone@example.com")
    ]
    assert facts(blocks(admin, other_tenant), *names) == facts(left, *names)
    assert SHA256 in exported(other_tenant)


@pytest.mark.rule(1, 35)
def test_a_block_whose_key_was_lost_is_restored_by_its_key_alone(
    full: Lists, tenant: Tenant, admin: Admin
) -> None:
    text = exported(tenant)
    for table in ("suppressions", "hashed_suppressions", "suppressed_domains"):
        admin.execute(f"DELETE FROM {table} WHERE controller_id = %s", (tenant.controller_id,))  # noqa: S608 - constant text
    query = "DELETE FROM addresses WHERE controller_id = %s AND address_key = %s"
    admin.execute(query, (tenant.controller_id, full.key("gone@example.com")))

    result = full.take(text)

    assert result.outcomes == {"added": 7}
    assert {frozenset(o.items()) for o in rows(exported(tenant))} == {
        frozenset(o.items()) for o in rows(text)
    }


def test_lifted_blocks_are_not_exported_and_an_empty_list_is_a_header(
    lists: Lists, tenant: Tenant
) -> None:
    lists.take("ann@example.com,manual\n")
    [block] = tenant.client.get("/v1/suppressions").json["items"]
    path = f"/v1/suppressions/{block['id']}/lift"
    tenant.client.post(path, json={"justification": "blocked by mistake"})

    text = exported(tenant)

    assert text.split("\r\n")[1:] == [""]
    assert exported(tenant, "ndjson") == ""


def test_pages_meet_without_gap_or_overlap(
    lists: Lists, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    lists.take("\n".join(f"p{number}@example.com" for number in range(10)))
    hashes = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(5)]
    for reason in ("manual", "complaint"):
        lists.take("\n".join(hashes), reason=reason)
    monkeypatch.setattr(suppression_exporting, "_PAGE_ROWS", 3)

    found = rows(exported(tenant))

    assert len(found) == 20
    assert len(facts(found, "kind", "address", "address_key", "reason")) == 20


@pytest.mark.rule(38)
def test_reading_the_list_is_in_the_audit_log_with_its_count(
    full: Lists, tenant: Tenant, admin: Admin
) -> None:
    exported(tenant)

    query = (
        "SELECT count, details->>'format' FROM audit_entries"
        " WHERE controller_id = %s AND action = 'suppressions.export'"
    )
    assert admin.execute(query, (tenant.controller_id,)).fetchall() == [(7, "csv")]


@pytest.mark.rule(36)
def test_another_controllers_list_is_not_shown(
    full: Lists, other_tenant: Tenant, settings: Settings
) -> None:
    make_topic(other_tenant)

    assert rows(exported(other_tenant)) == []
