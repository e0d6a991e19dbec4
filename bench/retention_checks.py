"""What the oracle says beside what the database holds, in sets; see ``retention_oracle``."""

import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg.rows import TupleRow

from tests.retention.oracle import ZONE, Line, Person

#: ``stored``: everything there was; ``marked``: with a number, or the attribute. ``expected`` and
#: ``shown``: what is due by the oracle and by a dry run.
TABLES = """
CREATE UNLOGGED TABLE stored (place text, id uuid, subject_id uuid, marked boolean);
CREATE UNLOGGED TABLE expected (rule text, place text, id uuid, held text, year integer);
CREATE UNLOGGED TABLE shown (rule text, place text, id uuid, held text)
"""

_DUE = """
CREATE TEMPORARY TABLE due AS
SELECT rule, place, id, year FROM expected WHERE held IS NULL;
CREATE TEMPORARY TABLE gone AS SELECT id FROM due WHERE place = 'contacts' AND rule <> 'segments';
CREATE INDEX ON due (id); CREATE INDEX ON gone (id); ANALYZE due; ANALYZE gone
"""

#: Suppressions stay whatever goes.
_WANTED = """
SELECT s.place, s.id, s.marked AND NOT EXISTS (
    SELECT FROM due d WHERE d.id = s.id AND d.rule IN ('numbers', 'segments')) AS marked
FROM stored s
WHERE NOT EXISTS (SELECT FROM due d
        WHERE d.id = s.id AND d.place = s.place AND d.rule NOT IN ('numbers', 'segments'))
    AND (s.place = 'suppressions' OR NOT EXISTS (SELECT FROM gone WHERE gone.id = s.subject_id))
"""
_LEFT = """
SELECT 'contacts' AS place, id, attributes ? 'segment' AS marked FROM contacts
WHERE controller_id = %(controller_id)s
UNION ALL SELECT 'interactions', id, number IS NOT NULL FROM interactions
WHERE controller_id = %(controller_id)s
UNION ALL SELECT 'contracts', id, false FROM contracts WHERE controller_id = %(controller_id)s
UNION ALL SELECT 'engagement_events', id, false FROM engagement_events
WHERE controller_id = %(controller_id)s
UNION ALL SELECT 'suppressions', subject_id, false FROM suppressions
WHERE controller_id = %(controller_id)s AND lifted_at IS NULL
"""
_TOLD = """
SELECT subject_id FROM events
WHERE controller_id = %(controller_id)s AND type = 'contact.erased.v1'
"""
_EXPIRED = """
SELECT correlation FROM events
WHERE controller_id = %(controller_id)s AND type = 'record.expired.v1'
"""
_AUDITED = """
SELECT sum(count) FROM audit_entries
WHERE controller_id = %(controller_id)s AND action = 'contacts.erase'
"""
_COUNTED = """
SELECT category, year, records FROM retention_totals WHERE controller_id = %(controller_id)s
"""

#: What is compared after the runs: what ought to be, and what is; as often as it is there.
_PAIRS = {
    "left": (_WANTED, _LEFT),
    "erased are told once": ("SELECT id FROM gone", _TOLD),
    "expired are told once": ("SELECT id FROM due WHERE rule = 'cameras'", _EXPIRED),
    "audited": ("SELECT count(*)::numeric FROM gone", _AUDITED),
    "counted": (
        """SELECT 'call_log', year, count(*)::numeric FROM due WHERE rule = 'counted'
        GROUP BY year""",
        _COUNTED,
    ),
}
_DONE = """
SELECT coalesce(sum(rows.count::bigint), 0) FROM audit_entries a,
    LATERAL jsonb_each_text(a.details -> 'rows') AS rows(rule, count)
WHERE a.controller_id = %s AND a.action ~ '^retention\\.' AND a.action <> 'retention.preview'
"""

Admin = psycopg.Connection[TupleRow]


def stored(person: Person) -> Iterator[tuple[Any, ...]]:
    """Yield what is stored of a person, as rows of ``stored``."""
    for event_id, _ in person.events:
        yield "engagement_events", event_id, person.id, False
    if not person.is_contact:
        return
    yield "contacts", person.id, person.id, person.has_segment
    if person.is_blocked:
        yield "suppressions", person.id, person.id, False
    for one in person.records:
        yield "interactions", one.id, person.id, one.has_number
    for contract_id, _ in person.contracts:
        yield "contracts", contract_id, person.id, False


def line(person: Person, due: Line) -> tuple[Any, ...]:
    """Return a line of the oracle's as a row of ``expected``."""
    rule, _, record_id, _ = due
    years = {one.id: one.occurred_at.astimezone(ZONE).year for one in person.records}
    return *due, years[record_id] if rule == "counted" else None


def shown(admin: Admin) -> Counter[str]:
    """Compare a dry run with the oracle, and print both rule by rule; return the differences."""
    counts = """
    SELECT rule, held IS NULL, count(e), count(s) FROM (
        SELECT rule, held, 1 AS e, NULL AS s FROM expected
        UNION ALL SELECT rule, held, NULL, 1 FROM shown) AS both_
    GROUP BY 1, 2 ORDER BY 1, 2 DESC"""
    for rule, is_due, by_oracle, by_run in admin.execute(counts):
        what = "due" if is_due else "held"
        print(f"bench: {rule}: {by_oracle:,} {what} by the oracle, {by_run:,} by the dry run")
    pair = ("SELECT rule, place, id, held FROM expected", "SELECT * FROM shown")
    return +Counter({"dry run": _differences(admin, *pair, {})})


def left(admin: Admin, controller_id: uuid.UUID) -> Counter[str]:
    """Compare what the runs left, told, audited and counted; return the differences."""
    admin.execute(_DUE)
    facts = {"controller_id": controller_id}
    found = {name: _differences(admin, *pair, facts) for name, pair in _PAIRS.items()}
    for name, count in found.items():
        print(f"bench: {name}: {count} wrong")
    return +Counter(found)


def _differences(admin: Admin, wanted: str, found: str, facts: dict[str, Any]) -> int:
    both = f"(({wanted}) EXCEPT ALL ({found})) UNION ALL (({found}) EXCEPT ALL ({wanted}))"
    query = f"SELECT * FROM ({both}) AS differing"  # noqa: S608 - constant text
    rows = admin.execute(query, facts).fetchall()
    for row in rows[:5]:
        print("bench: differs:", *row)
    return len(rows)


def done(admin: Admin, controller_id: uuid.UUID) -> int:
    """Return how many rows the runs have done by the audit log."""
    row = admin.execute(_DONE, (controller_id,)).fetchone()
    return int(row[0]) if row else 0
