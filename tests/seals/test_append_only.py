import pytest
from psycopg.errors import InsufficientPrivilege, RestrictViolation

from crm_service.db import Connection
from tests.seals.logbook import Logbook

pytestmark = pytest.mark.rule(18, 38)

TABLES = ("ledger_entries", "audit_entries", "seals")
CHANGES = (
    "UPDATE ledger_entries SET state = 'none'",
    "DELETE FROM ledger_entries",
    "TRUNCATE ledger_entries",
    "UPDATE audit_entries SET actor = 'key:2'",
    "DELETE FROM audit_entries",
    "TRUNCATE audit_entries",
    "UPDATE seals SET entries = 0",
    "DELETE FROM seals",
    "TRUNCATE seals",
)
#: On one partition alone; row triggers stand on each of them.
PARTITION_CHANGES = (
    ("ledger_entries", "UPDATE {} SET state = 'none'"),
    ("ledger_entries", "DELETE FROM {}"),
    ("audit_entries", "UPDATE {} SET actor = 'key:2'"),
    ("audit_entries", "DELETE FROM {}"),
)


@pytest.fixture
def written(logbook: Logbook) -> Logbook:
    logbook.grant()
    logbook.access()
    logbook.seal()
    return logbook


@pytest.mark.parametrize("change", CHANGES)
def test_neither_service_nor_worker_may_change_what_is_recorded(
    written: Logbook, change: str
) -> None:
    for connection in (written.service, written.worker):
        with pytest.raises(InsufficientPrivilege):
            connection.execute(change)

    assert counts(written) == (1, 1, 2)


@pytest.mark.parametrize("change", CHANGES)
def test_the_database_refuses_even_its_owner(written: Logbook, change: str) -> None:
    with pytest.raises(RestrictViolation, match="append-only"):
        written.owner.execute(change)

    assert counts(written) == (1, 1, 2)


@pytest.mark.parametrize(("table", "change"), PARTITION_CHANGES)
def test_a_partition_is_as_closed_as_its_table(written: Logbook, table: str, change: str) -> None:
    partition = partition_of(written.owner, table)

    with pytest.raises(RestrictViolation, match="append-only"):
        written.owner.execute(change.format(partition))

    assert counts(written) == (1, 1, 2)


def test_the_service_may_not_write_seals(written: Logbook) -> None:
    copy = "INSERT INTO seals SELECT * FROM seals LIMIT 1"

    with written.writing() as connection, pytest.raises(InsufficientPrivilege):
        connection.execute(copy)

    assert counts(written) == (1, 1, 2)


def counts(logbook: Logbook) -> tuple[int, ...]:
    """Rows of this controller in each of the three tables."""
    query = "SELECT count(*) FROM {} WHERE controller_id = %s"
    found = [
        logbook.owner.execute(query.format(table), (logbook.controller_id,)).fetchone()
        for table in TABLES
    ]
    return tuple(row[0] for row in found if row)


def partition_of(owner: Connection, table: str) -> str:
    """The partition that the newest entry is in."""
    row = owner.execute(
        f"SELECT tableoid::regclass::text FROM {table} ORDER BY position DESC LIMIT 1"  # noqa: S608 - constant names
    ).fetchone()
    assert row is not None
    return str(row[0])
