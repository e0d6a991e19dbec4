from datetime import UTC, datetime

import pytest

from tests.factories import Tenant
from tests.transfers.suppression_lists import Admin, Lists, blocks


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("1709209805", datetime(2024, 2, 29, 12, 30, 5, tzinfo=UTC)),
        ("1709209805123", datetime(2024, 2, 29, 12, 30, 5, 123000, tzinfo=UTC)),
        ("29.2.2024 14:30", datetime(2024, 2, 29, 14, 30, tzinfo=UTC)),
        ("2024-02-29", datetime(2024, 2, 29, tzinfo=UTC)),
        ("Thu, 29 Feb 2024 14:30:05 +0200", datetime(2024, 2, 29, 12, 30, 5, tzinfo=UTC)),
    ],
)
def test_dates_are_kept_however_they_are_written(
    lists: Lists, tenant: Tenant, admin: Admin, written: str, stored: datetime
) -> None:
    lists.take(f'email,date\nann@example.com,"{written}"\n')

    assert [one["suppressed_at"] for one in blocks(admin, tenant)] == [stored]


@pytest.mark.parametrize(
    "written", ["soon", "02/03/2024", "Mon, 01 Jan 0001 00:00:00 UTC", "9" * 14]
)
def test_a_date_that_cannot_be_read_or_lies_ahead_becomes_now(
    lists: Lists, tenant: Tenant, admin: Admin, written: str
) -> None:
    before = datetime.now(UTC)

    result = lists.take(f'email,date\nann@example.com,"{written}"\n')

    [block] = blocks(admin, tenant)
    assert before <= block["suppressed_at"] <= datetime.now(UTC)
    assert result.unreadable_dates == (0 if written.isdigit() else 1)
