"""Lists of what is owed are read along an index, in its order: nothing is sorted, however much."""

import re
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import psycopg
import pytest
from psycopg.rows import TupleRow
from sqlalchemy.dialects import registry

from crm_service.config import Settings
from crm_service.contacts import windows
from crm_service.db import APP_ROLE, WORKER_ROLE, connect_options
from crm_service.holds import repository as holds
from crm_service.notices import chasing
from crm_service.notices import repository as notices
from crm_service.rights import repository as requests

_NOBODY = uuid.UUID(int=0)
_FACTS: dict[str, Any] = {
    "controller_id": _NOBODY,
    "after": "-infinity",
    "after_id": _NOBODY,
    "after_day": "-infinity",
    "today": "2026-11-22",
    "kind": None,
    "limit": 101,
    "now": datetime(2026, 11, 22, tzinfo=UTC),
}


@pytest.fixture(params=[APP_ROLE])
def reader(settings: Settings, request: Any) -> Iterator[psycopg.Connection[TupleRow]]:
    """A connection whose planner reads whole tables, and sorts, only where it must."""
    url = settings.worker_url if request.param == WORKER_ROLE else settings.database_url
    with psycopg.connect(url, autocommit=True, **connect_options(request.param)) as connection:
        for way in ("seqscan", "bitmapscan", "sort"):
            connection.execute(f"SET enable_{way} = off")
        yield connection


def plan(connection: psycopg.Connection[TupleRow], query: Any, facts: Any) -> str:
    """Return how PostgreSQL would go about it."""
    found = connection.execute(f"EXPLAIN {query}", facts).fetchall()
    return "\n".join(line for (line,) in found)


@pytest.mark.parametrize(
    ("standing", "index"), [(None, "ix_holds_order"), (True, "ix_holds_standing")]
)
def test_holds_are_read_in_their_order(
    reader: psycopg.Connection[TupleRow], standing: Any, index: str
) -> None:
    found = plan(reader, holds.PAGES[standing], _FACTS)

    assert f"using {index}" in found
    assert "Sort" not in found


@pytest.mark.parametrize(
    ("filters", "index"),
    [
        ({}, "ix_recipient_notices_order"),
        ({"open": True}, "ix_recipient_notices_open"),
        ({"overdue": True}, "ix_recipient_notices_open"),
        ({"recipient": "mailhouse"}, "ix_recipient_notices_recipient"),
    ],
)
def test_notices_are_read_in_their_order(
    reader: psycopg.Connection[TupleRow], filters: dict[str, Any], index: str
) -> None:
    found = plan(reader, notices.query(filters | {"after_id": _NOBODY}), _FACTS | filters)

    assert f"using {index}" in found
    assert "Sort" not in found


@pytest.mark.parametrize("filters", [{"overdue": True}, {"due_by": date(2026, 11, 25)}])
def test_requests_that_are_open_are_read_in_their_order(
    reader: psycopg.Connection[TupleRow], filters: dict[str, Any]
) -> None:
    after = date(2026, 11, 1), _NOBODY
    query = requests.selecting(_NOBODY, filters, _FACTS["now"], after).limit(101)
    made = query.compile(dialect=registry.load("postgresql.psycopg")())

    found = plan(reader, str(made), made.params)

    assert "using ix_rights_requests_unclosed" in found
    assert "Sort" not in found


@pytest.mark.parametrize("reader", [WORKER_ROLE], indirect=True)
def test_the_worker_looks_at_notices_that_are_open_alone(
    reader: psycopg.Connection[TupleRow],
) -> None:
    assert "using ix_recipient_notices_remind" in plan(reader, chasing.FIND, _FACTS)
    # Of the two indexes of open notices, statistics decide which one counts them.
    assert re.search(
        r"using ix_recipient_notices_(remind|open)\b", plan(reader, chasing.COUNT, _FACTS)
    )


def test_stretches_of_a_register_are_found_in_an_index_alone(
    reader: psycopg.Connection[TupleRow],
) -> None:
    found = plan(reader, windows.END, {**_FACTS, "after": _NOBODY, "size": 9_999})

    assert "Index Only Scan using ix_contacts_controller_id" in found
