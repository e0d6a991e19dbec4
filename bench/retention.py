"""A retention run beside one DELETE a table of the very same rows, and a night with nothing to do.

Half of the register is past its term, the other half stays; every fifth person has an inquiry. The
limit deletes what the run deletes, of another controller's register of the same size, and does
nothing else: it asks no rule and no hold, locks nobody, tells nobody, proves nothing.
"""

import time
import uuid

import psycopg
from psycopg.rows import TupleRow

from bench.house import House, built
from bench.register import Register, fill
from bench.result import Result
from crm_service.db import APP_ROLE, connect_options
from crm_service.retention import service
from crm_service.retention.service import Summary

CONTACTS = 20_000

_AGE = """
UPDATE contacts SET added_at = now() - interval '6 years'
WHERE controller_id = %(controller)s AND split_part(email, '@', 1) ~ '[02468]$'
"""
_ASK = """
INSERT INTO interactions (controller_id, subject_id, kind, category, purpose, occurred_at,
    recorded_by)
SELECT controller_id, id, 'inquiry', 'inquiries', 'service', now() - interval '8 years', 'bench'
FROM contacts WHERE controller_id = %(controller)s AND split_part(email, '@', 1) ~ '[05]$'
"""
_DUE = """
CREATE TEMPORARY TABLE due AS SELECT id FROM contacts
WHERE controller_id = %(controller)s AND added_at < now() - interval '5 years'
"""
#: What the run deletes. Of those who unsubscribed the address key stays.
_DELETE = (
    "DELETE FROM interactions WHERE controller_id = %(controller)s",
    """DELETE FROM permissions WHERE controller_id = %(controller)s
        AND subject_id IN (SELECT id FROM due)""",
    "DELETE FROM contacts WHERE controller_id = %(controller)s AND id IN (SELECT id FROM due)",
    """DELETE FROM addresses a WHERE controller_id = %(controller)s
        AND subject_id IN (SELECT id FROM due)
        AND NOT EXISTS (SELECT FROM suppressions s WHERE s.subject_id = a.subject_id)""",
)
_SCAN = "SELECT count(*) FROM contacts WHERE controller_id = %(controller)s AND added_at < now()"


def run(contacts: int = CONTACTS) -> list[Result]:
    """Measure a run over a register of ``contacts``, and the next one, which finds nothing."""
    with built(memory="2GB") as house:
        registers = [_prepared(house, contacts) for _ in range(2)]
        with psycopg.connect(house.settings.admin_url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
            limit = _deleted(connection, registers[1].controller_id)
        seconds, summary = _run(house, registers[0].controller_id)
        again, nothing = _run(house, registers[0].controller_id)
        with psycopg.connect(house.settings.admin_url, autocommit=True) as connection:
            scan = _timed(connection, _SCAN, registers[0].controller_id)
    if nothing.due:
        raise RuntimeError("a second run found something to do")
    return [_erasing(contacts, seconds, limit, summary), _looking(contacts // 2, again, scan)]


def _erasing(contacts: int, seconds: float, limit: float, summary: Summary) -> Result:
    erased = sum(count for what, count in summary.done.items() if what.table == "contacts")
    if erased != contacts // 2:
        raise RuntimeError(f"{erased} of {contacts // 2} people were erased")
    longest = f"longest transaction {summary.longest * 1000:.0f} ms"
    print(f"bench: {summary.done.total():,} rows, {longest}")
    return Result(
        name=f"retention: a run that erases {erased:,} of {contacts:,} people",
        ours=seconds / erased * 1e6,
        limit=limit / erased * 1e6,
        unit="µs/person",
        lower_is_better=True,
        note=f"{longest}: a click by one of these people waits no longer",
    )


def _looking(kept: int, seconds: float, limit: float) -> Result:
    return Result(
        name=f"retention: a run that finds nothing among {kept:,} people",
        ours=seconds / kept * 1e6,
        limit=limit / kept * 1e6,
        unit="µs/person",
        lower_is_better=True,
    )


def _prepared(house: House, contacts: int) -> Register:
    register = fill(house, contacts, suppressed=0.2)
    with psycopg.connect(house.settings.admin_url, autocommit=True) as connection:
        for statement in (_AGE, _ASK):
            connection.execute(statement, {"controller": register.controller_id})
    return register


def _run(house: House, controller_id: uuid.UUID) -> tuple[float, Summary]:
    began = time.perf_counter()
    with psycopg.connect(
        house.settings.database_url, autocommit=True, **connect_options(APP_ROLE, keyed=True)
    ) as connection:
        prepared = service.prepare(
            connection, controller_id, actor="operator:bench", keyring=house.settings.keyring
        )
        summary = service.execute(connection, prepared)
    return time.perf_counter() - began, summary


def _deleted(connection: psycopg.Connection[TupleRow], controller_id: uuid.UUID) -> float:
    connection.execute(_DUE, {"controller": controller_id})
    connection.execute("ANALYZE due")
    return sum(_timed(connection, statement, controller_id) for statement in _DELETE)


def _timed(
    connection: psycopg.Connection[TupleRow], statement: str, controller_id: uuid.UUID
) -> float:
    began = time.perf_counter()
    connection.execute(statement, {"controller": controller_id})
    return time.perf_counter() - began
