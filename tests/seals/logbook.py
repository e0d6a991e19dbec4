"""Rows for sealing: entries written as the service writes them, and tampering as an intruder."""

import secrets
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from crm_service.clock import utcnow
from crm_service.db import SET_CONTROLLER, Connection
from crm_service.permissions.digest import evidence_digest
from crm_service.seals.findings import Report
from crm_service.seals.service import Sealer, Sweep
from crm_service.seals.verify import verify

EVIDENCE = '{"method":"web form","source":"a-person@example.com"}'

_GRANT = """
INSERT INTO ledger_entries (controller_id, id, subject_id, address_key, channel, purpose, topic_id,
    basis, action, state, since, anchor_at, source, recorded_by, policy_version, correlation,
    proof_id, evidence_sha256)
SELECT %(controller)s, id, gen_random_uuid(), gen_random_uuid(), 'email', 'marketing', NULL,
    'consent', 'granted', 'granted', now(), now(), 'import', 'key:1', 1, gen_random_uuid(), id,
    %(digest)s
FROM unnest(%(ids)s::uuid[]) AS id
"""
_EVIDENCE = """
INSERT INTO ledger_evidence (controller_id, entry_id, subject_id, salt, evidence)
SELECT %s, id, gen_random_uuid(), %s, %s FROM unnest(%s::uuid[]) AS id
"""
_ACCESS = """
INSERT INTO audit_entries (controller_id, actor, action, fields, count, details)
SELECT %s, 'key:1', 'contacts.read', '{email,"first_name"}', n, '{"b": 1.50, "aa": [null]}'
FROM generate_series(1, %s) AS n
"""


@dataclass(frozen=True)
class Logbook:
    """One controller's logs; ``service`` and ``worker`` are connections of those roles."""

    controller_id: uuid.UUID
    slug: str
    service: Connection
    worker: Connection
    owner: Connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction of the service for this controller."""
        with self.service.transaction():
            self.service.execute(SET_CONTROLLER, (str(self.controller_id),))
            yield self.service

    def grant(self, count: int = 1, evidence: str = EVIDENCE) -> list[uuid.UUID]:
        """Write ledger entries with their evidence, in one transaction."""
        ids, salt = [uuid.uuid4() for _ in range(count)], secrets.token_bytes(16)
        with self.writing() as connection:
            digest = evidence_digest(salt, evidence)
            entries = {"controller": self.controller_id, "ids": ids, "digest": digest}
            connection.execute(_GRANT, entries)
            connection.execute(_EVIDENCE, (self.controller_id, salt, evidence, ids))
        return ids

    def access(self, count: int = 1) -> None:
        """Write audit entries, in one transaction."""
        with self.writing() as connection:
            connection.execute(_ACCESS, (self.controller_id, count))

    def tamper(self, statement: str, *values: object) -> int:
        """Change what the database would refuse, as a superuser who disabled the triggers can."""
        with self.owner.transaction():
            self.owner.execute("SET LOCAL session_replication_role = replica")
            return self.owner.execute(statement, values).rowcount

    def seal(self, batch: int = 50_000) -> Sweep:
        """Seal until nothing is held back: autovacuum's own transactions may hold it briefly."""
        sealer, total = Sealer(self.worker, batch=batch), Sweep()
        while True:
            swept = sealer.sweep(utcnow())
            total += swept
            if swept.held_back_since is None:
                return total

    def verify(self, log: str = "ledger", expected: dict[int, bytes] | None = None) -> Report:
        """Verify one of the logs."""
        with self.writing() as connection:
            return verify(connection, self.controller_id, log, expected)

    def kinds(self, log: str = "ledger") -> list[str]:
        """The kinds of what verification finds wrong."""
        return [finding.kind.value for finding in self.verify(log).findings]

    def seals(self, log: str = "ledger") -> list[tuple[int, int]]:
        """Number and entries of each seal of this controller."""
        query = "SELECT number, entries FROM seals WHERE controller_id = %s AND log = %s ORDER BY 1"
        return self.owner.execute(query, (self.controller_id, log)).fetchall()

    def first_entry(self) -> uuid.UUID:
        """The oldest ledger entry of this controller."""
        query = "SELECT id FROM ledger_entries WHERE controller_id = %s ORDER BY position LIMIT 1"
        row = self.owner.execute(query, (self.controller_id,)).fetchone()
        if row is None:
            raise LookupError("the ledger is empty")
        return uuid.UUID(str(row[0]))
