"""What the oracle makes up, as rows of the tables."""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import psycopg
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from tests.retention.oracle import NOW, Person

#: The columns of each table, in the order in which rows are stored.
COLUMNS: Mapping[str, Sequence[str]] = {
    "contacts": (
        "controller_id", "id", "email", "email_key", "source_kind", "added_at", "attributes",
    ),
    "addresses": ("controller_id", "address_key", "subject_id", "kind", "is_current"),
    "suppressions": (
        "controller_id", "address_key", "subject_id", "kind", "scope", "reason", "source",
        "correlation", "suppressed_at",
    ),
    "last_interactions": ("controller_id", "address_key", "interacted_at"),
    "rights_requests": (
        "controller_id", "id", "subject_id", "address_key", "kind", "status", "language",
        "received_at", "received_by", "due_on", "legal_end_on", "ends_at", "policy_version",
        "recorded_by",
    ),
    "holds": (
        "controller_id", "subject_id", "kind", "reference", "categories", "reasons", "set_by",
        "set_at",
    ),
    "cases": ("controller_id", "id", "subject_id", "reference", "opened_at", "closed_at"),
    "interactions": (
        "controller_id", "id", "subject_id", "kind", "category", "purpose", "occurred_at",
        "number", "record_system", "record_id", "case_id", "recorded_by",
    ),
    "contracts": (
        "controller_id", "id", "subject_id", "reference", "category", "purpose", "signed_on",
        "ended_on", "recorded_by", "recorded_at", "updated_at",
    ),
    "engagement_events": ("controller_id", "id", "address_key", "type", "occurred_at", "source"),
}  # fmt: skip

_BY = "operator:test"
Row = tuple[str, tuple[Any, ...]]


def rows(person: Person) -> Iterator[Row]:
    """Yield table and row, but for the controller, of all that is known of a person."""
    key = uuid.uuid5(person.id, "email")
    for event_id, occurred_at in person.events:
        yield "engagement_events", (event_id, key, "delivered", occurred_at, "api")
    if not person.is_contact:
        return
    attributes = Jsonb({"segment": "gold"} if person.has_segment else {})
    email = f"{person.id}@example.com"
    yield "contacts", (person.id, email, key, "import", person.added_at, attributes)
    yield "addresses", (key, person.id, "email", True)
    if person.is_blocked:
        block = ("email", "marketing", "unsubscribe", "test", uuid.uuid5(person.id, "block"), NOW)
        yield "suppressions", (key, person.id, *block)
    if person.last_at:
        yield "last_interactions", (key, person.last_at)
    if person.asks:
        day = NOW.date()
        terms = ("access", "received", "en", NOW, "email", day, day, NOW, 1, _BY)
        yield "rights_requests", (uuid.uuid5(person.id, "request"), person.id, key, *terms)
    if person.held is not None:
        said = ("dispute", "ref", list(person.held) or None, "reasons", _BY, NOW)
        yield "holds", (person.id, *said)
    yield from _records(person)


def _records(person: Person) -> Iterator[Row]:
    for contract_id, ended_on in person.contracts:
        said = (f"C-{contract_id}", "contracts", "service", "2010-01-01", ended_on, _BY, NOW, NOW)
        yield "contracts", (contract_id, person.id, *said)
    for one in person.records:
        case = uuid.uuid5(one.id, "case") if one.case else None
        if case:
            closed_at = NOW if one.case == "closed" else None
            yield "cases", (case, person.id, str(case), NOW, closed_at)
        number = "+37251234567" if one.has_number else None
        facts = ("call", one.category, one.purpose, one.occurred_at, number)
        record = ("cameras", str(one.id), case, _BY)
        yield "interactions", (one.id, person.id, *facts, *record)


def store(
    connection: psycopg.Connection[TupleRow], controller_id: uuid.UUID, people: Iterable[Person]
) -> None:
    """Copy people into the tables, past all rules."""
    found: dict[str, list[tuple[Any, ...]]] = {name: [] for name in COLUMNS}
    for person in people:
        for table, row in rows(person):
            found[table].append(row)
    with connection.cursor() as cursor:
        for table, columns in COLUMNS.items():
            into = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
            with cursor.copy(into) as copy:
                for row in found[table]:
                    copy.write_row((controller_id, *row))
