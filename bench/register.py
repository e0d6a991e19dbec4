"""Generated registers: contacts with permissions and their real address keys, made in bulk."""

import hmac
import uuid
from dataclasses import dataclass
from typing import Any

import psycopg
import yaml
from psycopg.rows import TupleRow

from bench.house import ROOT, House
from crm_service.app import create_app
from crm_service.controllers import service as controllers
from crm_service.db import driver_connection, transaction
from crm_service.keyed_hash import keyed_hash
from crm_service.policies import service as policies
from crm_service.topics import service as topics

_STAGE = """
CREATE UNLOGGED TABLE staged (n bigint, key uuid, subject_id uuid DEFAULT gen_random_uuid(),
    entry_id uuid DEFAULT gen_random_uuid())
"""

#: The rows of people who consented to a topic a year ago, from the staged keys.
_FILL = {
    "addresses": """
INSERT INTO addresses (controller_id, address_key, subject_id, kind, is_current)
SELECT %(controller)s, key, subject_id, 'email', true FROM staged""",
    "contacts": """
INSERT INTO contacts (id, controller_id, email, email_key, source_kind, added_at)
SELECT subject_id, %(controller)s, 'person' || n || '@example.com', key, 'import',
    now() - interval '1 year'
FROM staged""",
    "ledger_entries": """
INSERT INTO ledger_entries (controller_id, id, subject_id, address_key, channel, purpose,
    topic_id, basis, action, state, since, anchor_at, source, recorded_by, policy_version,
    correlation, proof_id)
SELECT %(controller)s, entry_id, subject_id, key, 'email', 'marketing', %(topic)s, 'consent',
    'granted', 'granted', now() - interval '1 year', now() - interval '1 year', 'import',
    'bench', 1, entry_id, entry_id
FROM staged""",
    "permissions": """
INSERT INTO permissions (controller_id, address_key, channel, purpose, topic_id, basis, subject_id,
    state, since, anchor_at, entry_id)
SELECT %(controller)s, key, 'email', 'marketing', %(topic)s, 'consent', subject_id, 'granted',
    now() - interval '1 year', now() - interval '1 year', entry_id
FROM staged""",
    "suppressions": """
INSERT INTO suppressions (controller_id, address_key, subject_id, kind, scope, topic_id, reason,
    source, correlation, suppressed_at)
SELECT %(controller)s, key, subject_id, 'email', 'topic', %(topic)s, 'unsubscribe', 'bench',
    gen_random_uuid(), now()
FROM staged WHERE n %% 100 < %(suppressed)s * 100""",
}

#: Indexes that no foreign key rests on: a large table is filled before it gets them.
_INDEXES = """
SELECT i.indexrelid::regclass::text, c.conname, pg_get_indexdef(i.indexrelid),
    pg_get_constraintdef(c.oid)
FROM pg_index i
LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.contype IN ('p', 'u')
WHERE i.indrelid = %s::regclass AND NOT EXISTS (
    SELECT FROM pg_constraint f WHERE f.contype = 'f' AND f.conindid = i.indexrelid)
"""
_LARGE = 300_000
_BATCH = 1_000_000
_PIECE = 10_000


@dataclass(frozen=True)
class Register:
    """A controller with ``size`` contacts ``person<n>@example.com`` that consented to ``news``."""

    controller_id: uuid.UUID
    controller_ref: int
    topic_id: uuid.UUID
    topic_ref: int
    key: str
    pepper: bytes
    size: int

    def address_key(self, number: int) -> uuid.UUID:
        """Return the address key of the n-th contact."""
        address = b"email:" + self.email(number).encode()
        return uuid.UUID(bytes=hmac.digest(self.pepper, address, "sha256")[:16])

    @staticmethod
    def email(number: int) -> str:
        """Return the address of the n-th contact."""
        return f"person{number}@example.com"


def fill(house: House, size: int, *, suppressed: float = 0.0) -> Register:
    """Create a controller with ``size`` contacts, a share of which has unsubscribed.

    The share is taken in whole percents: of every hundred contacts the first so many.
    """
    register = controller(house, size)
    with psycopg.connect(house.settings.admin_url, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off; SET maintenance_work_mem = '512MB'")
        rebuild = [_bare(connection, table) for table in _FILL] if size >= _LARGE else []
        for start in range(0, size, _BATCH):
            _add(connection, register, range(start, min(start + _BATCH, size)), suppressed)
        for statement in (text for texts in rebuild for text in texts):
            connection.execute(statement)
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
    return register


def _bare(connection: psycopg.Connection[TupleRow], table: str) -> list[str]:
    """Drop a table's indexes; return the statements that make them again."""
    rebuild = []
    for index, constraint, definition, rule in connection.execute(_INDEXES, (table,)).fetchall():
        if constraint:
            connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")
            rebuild.append(f"ALTER TABLE {table} ADD CONSTRAINT {constraint} {rule}")
        else:
            connection.execute(f"DROP INDEX {index}")
            rebuild.append(definition.replace(" ON ONLY ", " ON "))
    return rebuild


def _add(
    connection: psycopg.Connection[TupleRow], register: Register, numbers: range, suppressed: float
) -> None:
    facts = {
        "controller": register.controller_id,
        "topic": register.topic_id,
        "suppressed": suppressed,
    }
    connection.execute(_STAGE)
    with connection.cursor().copy("COPY staged (n, key) FROM STDIN") as into:
        for start in range(numbers.start, numbers.stop, _PIECE):
            into.write(_lines(register, range(start, min(start + _PIECE, numbers.stop))))
    for statement in _FILL.values():
        connection.execute(statement, facts)
    connection.execute("DROP TABLE staged")


def _lines(register: Register, numbers: range) -> bytes:
    digest = keyed_hash(register.pepper, b"email:")
    return b"".join(
        b"%d\t%s\n" % (n, digest(b"person%d@example.com" % n)[:16].hex().encode()) for n in numbers
    )


def controller(house: House, size: int, **sections: Any) -> Register:
    """Create a controller under Cantec's policy, but for the ``sections`` given."""
    app = create_app(house.settings)
    document = yaml.safe_load((ROOT / "deploy" / "policies" / "cantec-ee.yaml").read_text())
    document.update(sections)
    slug = f"bench-{uuid.uuid4().hex[:12]}"
    with app.app_context(), transaction() as session:
        made = controllers.create(session, slug=slug, name="Bench")
        connection = driver_connection(session)
        policy = policies.activate(connection, made.id, document, "operator:bench")
        if policy.agreement:
            policies.accept_agreement(
                connection,
                made.id,
                version=policy.agreement.version,
                accepted_by="Bench",
                recorded_by="operator:bench",
            )
        topic = topics.create(
            connection, made.id, slug="news", name={"en": "News"}, category="marketing"
        )
        key = controllers.issue_key(session, made.id, name="bench", actor="operator:bench")
        return Register(
            made.id,
            made.link_ref,
            topic.id,
            topic.link_ref,
            key,
            house.settings.keyring.pepper(made.id),
            size,
        )
