"""Partitions are made ahead, and a missed month never costs more than itself."""

from collections.abc import Iterator
from threading import Event

import psycopg
import pytest
from psycopg.rows import TupleRow

from crm_service.migrating import migrate
from crm_service.worker import PARTITIONS, keep_partitions
from tests.postgres import empty_postgres

Admin = psycopg.Connection[TupleRow]

_NAMES = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass"
_EVENT = """
INSERT INTO events (controller_id, type, occurred_at, correlation, data)
VALUES (gen_random_uuid(), 'contact.created.v1', now(), gen_random_uuid(), '{}')
"""


@pytest.fixture
def owner() -> Iterator[Admin]:
    """The owner of a database of the test's own."""
    with empty_postgres() as server:
        migrate(server.url())
        with psycopg.connect(server.url(), autocommit=True) as connection:
            yield connection


def _names(owner: Admin, parent: str) -> set[str]:
    return {row[0] for row in owner.execute(_NAMES, (parent,))}


class Once(Event):
    """A stop that comes as soon as somebody waits for it."""

    def wait(self, timeout: float | None = None) -> bool:
        """Be set from now on."""
        self.set()
        return True


def test_missing_partitions_are_made_and_standing_ones_left_alone(owner: Admin) -> None:
    before = {parent: _names(owner, parent) for parent, _, _ in PARTITIONS}
    for parent, names in before.items():
        owner.execute(f"DROP TABLE {max(names - {f'{parent}_default'})}")

    keep_partitions(owner, Once())
    keep_partitions(owner, Once())

    assert {parent: _names(owner, parent) for parent in before} == before
    assert all(len(names) > 1 for names in before.values())


def test_a_month_that_nobody_made_in_time_stays_in_the_default_partition(owner: Admin) -> None:
    months = sorted(_names(owner, "events") - {"events_default"})
    for name in months:
        owner.execute(f"DROP TABLE {name}")
    owner.execute(_EVENT)

    keep_partitions(owner, Once())

    assert _names(owner, "events") == {"events_default", *months[1:]}
    assert owner.execute("SELECT count(*) FROM events").fetchone() == (1,)


def test_months_begin_in_utc_whatever_the_sessions_time_zone(owner: Admin) -> None:
    owner.execute("SET timezone = 'Europe/Tallinn'")
    owner.execute("SELECT crm_create_partitions('events', interval '1 month', interval '3 years')")

    owner.execute("SET timezone = 'UTC'")
    bounds = owner.execute(
        "SELECT pg_get_expr(relpartbound, oid) FROM pg_class "
        "WHERE relname ~ '^events_2' AND relkind = 'r' ORDER BY relname"
    ).fetchall()

    assert len(bounds) > 36
    assert all(" 00:00:00+00" in bound and "01:00" not in bound for (bound,) in bounds)
