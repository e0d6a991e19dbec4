"""A controller is handed everything it owns, and can prove that it is whole (clause ee-21)."""

import json
import stat
import zipfile
from pathlib import Path

import pytest
from flask import Flask

from crm_service.audit.digest import AuditRow
from crm_service.offboarding import contents
from crm_service.permissions.digest import LedgerRow
from tests.factories import Tenant
from tests.offboarding.commands import Admin, lines, members, run
from tests.unsubscribe.people import EMAIL, Recipient

pytestmark = pytest.mark.clause("ee-21")

#: Tables that are nobody's in particular.
NOT_OF_TENANTS = {
    "alembic_version",
    "journal_facts",
    "journal_marks",
    "keyring_fingerprints",
    "offboardings",
    "rate_buckets",
}
_TABLES = """
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
"""
_COLUMNS = "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"


def test_no_table_is_left_out(admin: Admin, export: Path) -> None:
    every = {name for (name,) in admin.execute(_TABLES)} - NOT_OF_TENANTS

    assert {contents.table_of(name) for name in every} <= members(export).keys()


def test_the_people_are_in_it_with_their_blocks_and_the_policy_as_it_was_written(
    mari: Recipient, export: Path
) -> None:
    [contact] = lines(export, "tables/contacts.ndjson")
    [blocked] = lines(export, "suppressed-addresses.ndjson")
    policies = members(export)["policies/0001.yaml"].decode()

    assert (contact["id"], contact["email"]) == (str(mari.contact_id), EMAIL)
    assert (blocked["address"], blocked["topic"]) == (EMAIL, "offers")
    assert "name: cantec-ee" in policies
    assert "Cantec OÜ" in policies


def test_every_column_of_the_sealed_logs_is_in_it(admin: Admin, export: Path) -> None:
    for table, names in (
        ("ledger_entries", LedgerRow._fields),
        ("audit_entries", [n.replace("counted", "count") for n in AuditRow._fields]),
    ):
        assert {name for (name,) in admin.execute(_COLUMNS, (table,))} == set(names)
        assert lines(export, contents.table_of(table))


def test_nothing_of_anybody_elses_is_in_it(
    app: Flask, mari: Recipient, other_tenant: Tenant, tmp_path: Path
) -> None:
    file = tmp_path / "other.zip"

    run(app, "export", other_tenant.slug, "--output", file)

    text = b"".join(members(file).values()).decode()
    assert other_tenant.slug in text
    assert str(mari.tenant.controller_id) not in text
    assert str(mari.contact_id) not in text


def test_only_its_owner_may_read_the_file_and_nothing_is_written_over(
    app: Flask, mari: Recipient, export: Path
) -> None:
    again = run(app, "export", mari.tenant.slug, "--output", export)

    assert stat.S_IMODE(export.stat().st_mode) == 0o600
    assert again.exit_code == 1
    assert "exists: name a new file" in again.output
    assert list(export.parent.glob("*.part")) == []


@pytest.mark.rule(38)
def test_numbers_stay_sealed_unless_they_are_to_be_revealed_and_both_is_on_record(
    app: Flask, mari: Recipient, export: Path
) -> None:
    revealing = export.with_name("revealing.zip")

    run(app, "export", mari.tenant.slug, "--output", revealing, "--reveal-national-ids")

    assert b"38001085718" not in b"".join(members(export).values())
    [number] = lines(revealing, "national-ids.ndjson")
    assert (number["contact_id"], number["number"]) == (str(mari.contact_id), "38001085718")
    audit = mari.tenant.client.get("/v1/audit?action=offboarding.export").json["items"]
    assert [entry["fields"] for entry in audit] == [["national_id"], []]


@pytest.mark.rule(18)
def test_it_proves_itself_without_a_database(app: Flask, export: Path) -> None:
    result = run(app, "verify-export", export)

    assert result.exit_code == 0, result.output
    assert "ledger: seals=1 entries=4 unsealed=0" in result.output
    manifest = json.loads(members(export)["manifest.json"])
    assert manifest["heads"].keys() == {"audit", "ledger"}
    assert manifest["exported_at"].endswith("Z")


@pytest.mark.rule(18)
@pytest.mark.parametrize(
    ("member", "before", "after", "told"),
    [
        ("tables/contacts.ndjson", b"Mari", b"Jaan", "is not what the manifest says"),
        ("tables/ledger_entries.ndjson", b"granted", b"pending", "not what the manifest says"),
    ],
)
def test_a_changed_file_is_found(
    app: Flask, export: Path, member: str, before: bytes, after: bytes, told: str
) -> None:
    forged = export.with_name("forged.zip")
    with zipfile.ZipFile(forged, "w") as archive:
        for name, content in members(export).items():
            archive.writestr(name, content.replace(before, after) if name == member else content)

    result = run(app, "verify-export", forged)

    assert result.exit_code == 1
    assert f"{member} is not what the manifest says" in result.output
    assert told in result.output


@pytest.mark.rule(18)
def test_a_changed_entry_is_found_even_with_a_manifest_made_anew(app: Flask, export: Path) -> None:
    forged, held = export.with_name("forged.zip"), members(export)
    name = "tables/ledger_entries.ndjson"
    held[name] = held[name].replace(b'"state":"granted"', b'"state":"pending"', 1)
    manifest = json.loads(held["manifest.json"])
    manifest["files"][name] = contents_of(held[name])
    held["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(forged, "w") as archive:
        for member, content in held.items():
            archive.writestr(member, content)

    result = run(app, "verify-export", forged)

    assert result.exit_code == 1
    assert "ledger: the entries under seal 1 are not those sealed" in result.output


def contents_of(content: bytes) -> dict[str, object]:
    """Return what a manifest says of this content."""
    from crm_service.offboarding.archive import measured  # noqa: PLC0415 - for this one test

    return vars(measured([content]))


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_export_is_told_in_one_line(app: Flask, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "other.zip"
    file.write_bytes(content)

    result = run(app, "verify-export", file)

    assert result.exit_code == 1
    assert "is no whole export" in result.output


def test_an_unknown_controller_leaves_no_file(app: Flask, tmp_path: Path) -> None:
    result = run(app, "export", "nobody-here", "--output", tmp_path / "nothing.zip")

    assert result.exit_code == 1
    assert "there is no controller 'nobody-here'" in result.output
    assert list(tmp_path.iterdir()) == []
