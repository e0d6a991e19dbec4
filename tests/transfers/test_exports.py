"""Whole exports, messy as real systems write them, end exactly as they must."""

from pathlib import Path
from typing import Any

import pytest

from crm_service.addresses import normalize_email
from tests.factories import Tenant
from tests.transfers import exports
from tests.transfers.files import Admin, bring, contacts, counted, permissions

#: Everything that a second import of the same file must leave as it is.
REGISTER = [
    "contacts",
    "addresses",
    "permissions",
    "ledger_entries",
    "ledger_evidence",
    "events",
    "outbox",
    "topics",
    "suppressions",
]

FILES: list[dict[str, Any]] = [
    {"seed": 1},
    {"seed": 2, "delimiter": ";", "encoding": "latin-1"},
    {"seed": 3, "delimiter": "\t", "encoding": "utf-16", "newline": "\n"},
    {"seed": 4, "delimiter": "|", "encoding": "utf-8", "newline": "\n"},
    {"seed": 5, "rows": 5000},
]


def _write(path: Path, facts: dict[str, Any]) -> list[exports.Expected]:
    return exports.write(path, **{"rows": 700, **facts})


@pytest.mark.rule(8, 17)
@pytest.mark.parametrize("facts", FILES, ids=str)
def test_every_row_of_an_export_ends_as_it_must(
    tenant: Tenant, admin: Admin, tmp_path: Path, facts: dict[str, Any]
) -> None:
    expected = _write(tmp_path / "export.csv", facts)

    imported = bring(tenant, tmp_path / "export.csv")

    assert [(v.outcome, v.reason) for v in imported.verdicts] == [
        (e.outcome, e.reason) for e in expected
    ]
    unproved = [n for n, v in enumerate(imported.verdicts) if "evidence_missing" in v.warnings]
    assert unproved == [n for n, e in enumerate(expected) if e.permission is False]
    stored = {normalize_email(email) for email in contacts(admin, tenant)}
    assert stored == {e.address for e in expected if e.outcome == "created"}


@pytest.mark.rule(17, 21)
@pytest.mark.parametrize("facts", FILES, ids=str)
def test_permissions_are_those_that_the_rows_prove_and_no_other(
    tenant: Tenant, admin: Admin, tmp_path: Path, facts: dict[str, Any]
) -> None:
    expected = _write(tmp_path / "export.csv", facts)

    bring(tenant, tmp_path / "export.csv")

    granted = {
        (normalize_email(email), topic, basis, state)
        for email, _, topic, basis, state in permissions(admin, tenant)
    }
    assert granted == {
        (e.address, topic, e.basis, "granted")
        for e in expected
        if e.permission
        for topic in e.topics or (None,)
    }


@pytest.mark.rule(20)
def test_the_same_file_a_second_time_changes_nothing(
    tenant: Tenant, admin: Admin, tmp_path: Path
) -> None:
    exports.write(tmp_path / "export.csv", rows=900, seed=7)
    first = bring(tenant, tmp_path / "export.csv", batch_rows=100)
    before = counted(admin, tenant, *REGISTER)

    second = bring(tenant, tmp_path / "export.csv")

    assert counted(admin, tenant, *REGISTER) == before
    known = {"created": "unchanged"}
    assert [v.outcome for v in second.verdicts] == [
        known.get(v.outcome, v.outcome) for v in first.verdicts
    ]
    assert second.warnings == first.warnings


def test_it_is_the_same_however_a_file_is_cut_into_batches(
    tenant: Tenant, other_tenant: Tenant, admin: Admin, tmp_path: Path
) -> None:
    exports.write(tmp_path / "export.csv", rows=600, seed=8)

    at_once = bring(tenant, tmp_path / "export.csv")
    in_pieces = bring(other_tenant, tmp_path / "export.csv", batch_rows=7)

    assert in_pieces.verdicts == at_once.verdicts
    assert _facts(admin, other_tenant) == _facts(admin, tenant)
    assert permissions(admin, other_tenant) == permissions(admin, tenant)


def _facts(admin: Admin, tenant: Tenant) -> dict[str, dict[str, Any]]:
    own = {"id", "controller_id", "email_key", "phone_key", "source_reference", "version"}
    own |= {"created_at", "updated_at"}
    return {
        email: {name: value for name, value in contact.items() if name not in own}
        for email, contact in contacts(admin, tenant).items()
    }
