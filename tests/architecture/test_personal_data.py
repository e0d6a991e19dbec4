"""Every table with personal data belongs to exactly one room (rule 34)."""

import psycopg
import pytest
from psycopg.rows import TupleRow

from crm_service.rights.sources import SOURCES

#: These name people by id or key alone, and stay when a person is erased.
PSEUDONYMOUS = {
    "events": "what happened, by subject id and address key; consumers replay it",
    "outbox": "positions of events that wait for the broker",
    "outbox_express": "whose events go first",
    "audit_entries": "who read or wrote about which subject; append-only and sealed",
    "ledger_entries": "append-only and sealed; its evidence stands in ledger_evidence",
}

#: A column of this name ties a row to a person.
TYING = ("subject_id", "contact_id", "address_key", "email_key", "email", "phone")

TABLES_ABOUT_PEOPLE = """
SELECT DISTINCT c.relname
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND (a.attname = ANY (%s) OR col_description(c.oid, a.attnum) LIKE '%%personal data%%')
"""


@pytest.fixture
def about_people(admin: psycopg.Connection[TupleRow]) -> set[str]:
    """The tables of the real database that tie a row to a person."""
    return {row[0] for row in admin.execute(TABLES_ABOUT_PEOPLE, (list(TYING),))}


@pytest.mark.rule(34)
def test_every_table_about_people_can_be_exported_and_erased_by_its_room(
    about_people: set[str],
) -> None:
    claimed = [table for source in SOURCES for table in source.TABLES]

    assert len(claimed) == len(set(claimed)), "a table belongs to exactly one room"
    assert set(claimed) | PSEUDONYMOUS.keys() == about_people
    assert not set(claimed) & PSEUDONYMOUS.keys()
