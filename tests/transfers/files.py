"""What tests of imports share: importing a file, and looks at what was really stored."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import TupleRow

from crm_service.config import Settings
from crm_service.transfers import report, service
from crm_service.transfers.ordering import Request, Result
from crm_service.transfers.reading import FileSource
from crm_service.transfers.verdicts import Verdict
from tests.factories import Tenant

Admin = psycopg.Connection[TupleRow]
ACTOR = "operator:test"

HEADER = ["Email", "First Name", "Phone", "Country", "Topics", "Legal Basis", "Opt-in Time"]
HEADER += ["Opt-in Source", "Consent Text", "Assessment", "Added", "Notes"]
CONSENT = {
    "Legal Basis": "consent",
    "Opt-in Time": "2026-03-01T10:00:00Z",
    "Opt-in Source": "webform /subscribe",
    "Consent Text": "newsletter v3",
}


@dataclass(frozen=True)
class Imported:
    """What an import has said: its result, each row's verdict, and its report."""

    result: Result
    verdicts: list[Verdict]
    report: list[list[str]]

    @property
    def outcomes(self) -> list[str]:
        """Each row's outcome, with its reason where it has one."""
        return [f"{v.outcome} {v.reason}".strip() for v in self.verdicts]

    @property
    def warnings(self) -> list[list[str]]:
        """Each row's warnings."""
        return [v.warnings for v in self.verdicts]


def write(path: Path, *rows: dict[str, str], header: Sequence[str] = HEADER) -> Path:
    """Write rows under a header; what a row does not name is empty."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows([[row.get(name, "") for name in header] for row in rows])
    return path


def bring(tenant: Tenant, path: Path, **options: Any) -> Imported:
    """Import a file into the tenant's register."""
    settings: Settings = tenant.app.extensions["crm.settings"]
    with service.connect(settings) as connection:
        result = service.import_contacts(
            connection,
            tenant.controller_id,
            Request(source=FileSource(path), **options),
            pepper=settings.keyring.pepper(tenant.controller_id),
            actor=ACTOR,
        )
        out = io.StringIO()
        report.write(result.table, result.verdicts(), out)
        verdicts = list(result.verdicts())
    rows = csv.reader(io.StringIO(out.getvalue()), delimiter=result.table.delimiter)
    return Imported(result, verdicts, list(rows))


def contacts(admin: Admin, tenant: Tenant) -> dict[str, dict[str, Any]]:
    """Return every contact of the register by its address as given, lower-cased."""
    rows = admin.execute(
        "SELECT lower(email), to_jsonb(c) FROM contacts c WHERE controller_id = %s",
        (tenant.controller_id,),
    )
    return {row[0]: row[1] for row in rows}


def permissions(admin: Admin, tenant: Tenant) -> set[tuple[str, str, str | None, str, str]]:
    """Return every permission: address, purpose, topic, basis, state."""
    rows = admin.execute(
        "SELECT lower(c.email), p.purpose, t.slug, p.basis, p.state FROM permissions p"
        " JOIN contacts c ON c.controller_id = p.controller_id AND c.email_key = p.address_key"
        " LEFT JOIN topics t ON t.id = p.topic_id WHERE p.controller_id = %s",
        (tenant.controller_id,),
    )
    return {(row[0], row[1], row[2], row[3], row[4]) for row in rows}


def counted(admin: Admin, tenant: Tenant, *tables: str) -> dict[str, int]:
    """Return how many rows of the tenant each table has."""
    found = {}
    for table in tables:
        query = f"SELECT count(*) FROM {table} WHERE controller_id = %s"  # noqa: S608 - our names
        row = admin.execute(query.encode(), (tenant.controller_id,)).fetchone()
        found[table] = row[0] if row else 0
    return found
