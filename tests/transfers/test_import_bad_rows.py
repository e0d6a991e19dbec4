"""Uploads with rows that no good comes of: each costs itself, and nothing else."""

import json

import pytest

from crm_service.config import Settings
from tests.factories import Tenant
from tests.transfers.files import Admin, contacts, counted
from tests.transfers.uploading import FILE, done, job, report

_TOO_MANY = "|".join(f"t{n}" for n in range(200))
_CONSENT = "consent,2026-03-01T10:00:00Z,web,v3"
#: A row, what becomes of it, and why.
BAD_ROWS = [
    ("a@example.com,ok,,,,,", "created", ""),
    ("b@example.com;other;;;;;", "rejected", "columns"),  # another delimiter from here on
    ("c@example.com,nul\0,,,,,", "rejected", "nul"),
    (f"d@example.com,,{_TOO_MANY},{_CONSENT}", "rejected", "too_many_topics"),
    (f"e@example.com,,{'x' * 5000},{_CONSENT}", "rejected", "cell_too_long"),
    (f"f@example.com,{'n' * 10_001},,,,,", "rejected", "cell_too_long"),
    ("g@example.com," + "n" * 2_200_000 + ",,,,,", "rejected", "too_large"),
    ('h@example.com,"never closed,,,,,', "rejected", "quotes"),
    ("i@example.com,=1+1,,,,,", "created", ""),
    ("j@example.com,ok,,,,,,too many", "rejected", "columns"),
]


def test_what_is_wrong_with_rows_costs_those_rows(
    settings: Settings, tenant: Tenant, admin: Admin
) -> None:
    header = "email,Notes,Topics,Legal Basis,Opt-in Time,Opt-in Source,Consent Text"
    file = "\n".join([header, *(row for row, _, _ in BAD_ROWS), ""])

    import_id = done(tenant, settings, file)

    found = [(line[0][:13], *line[-3:-1]) for line in report(tenant, import_id)[1:]]
    assert found == [(row[:13], outcome, reason) for row, outcome, reason in BAD_ROWS]
    assert contacts(admin, tenant).keys() == {"a@example.com", "i@example.com"}
    assert counted(admin, tenant, "topics") == {"topics": 0}


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t=", "\r="])
def test_what_a_spreadsheet_would_run_is_stored_as_it_is_and_handed_out_neutral(
    settings: Settings, tenant: Tenant, admin: Admin, first: str
) -> None:
    cell = f'{first}HYPERLINK(""x"")'

    import_id = done(tenant, settings, f'email,Company,City\na@example.com,"{cell}","{cell}"\n')

    stored = contacts(admin, tenant)["a@example.com"]
    assert stored["company"] == stored["city"] == cell.replace('""', '"').strip()
    for line in report(tenant, import_id)[1:]:
        assert [text[0] for text in line[1:3]] == ["'", "'"]


def test_an_endless_line_is_one_row(settings: Settings, tenant: Tenant, admin: Admin) -> None:
    file = f"email,Notes\na@example.com,{'x' * 9_000_000}\nb@example.com,\n"

    import_id = done(tenant, settings, file)

    assert job(tenant, import_id)["reasons"] == {"too_large": 1}
    assert contacts(admin, tenant).keys() == {"b@example.com"}
    assert len(json.dumps(report(tenant, import_id))) < 10_000


def test_many_identical_rows_are_one_contact(
    settings: Settings, tenant: Tenant, admin: Admin
) -> None:
    import_id = done(tenant, settings, FILE + FILE.splitlines(keepends=True)[1] * 6000)

    assert job(tenant, import_id)["counts"]["duplicate"] == 6000
    assert counted(admin, tenant, "contacts", "permissions", "events") == {
        "contacts": 1,
        "permissions": 1,
        "events": 2,
    }
