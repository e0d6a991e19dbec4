"""Generated registers: contacts with permissions, made inside PostgreSQL in bulk."""

import hmac
import uuid
from dataclasses import dataclass

import psycopg
import yaml
from psycopg.rows import TupleRow

from bench.house import ROOT, House
from crm_service.app import create_app
from crm_service.controllers import service as controllers
from crm_service.db import driver_connection, transaction
from crm_service.policies import service as policies
from crm_service.topics import service as topics

_FILL = """
WITH people AS (
    SELECT key, gen_random_uuid() AS subject_id, gen_random_uuid() AS entry_id,
        row_number() OVER () AS n
    FROM unnest(%(keys)s::uuid[]) AS key
), a AS (
    INSERT INTO addresses (controller_id, address_key, subject_id, kind, is_current)
    SELECT %(controller)s, key, subject_id, 'email', true FROM people
), c AS (
    INSERT INTO contacts (id, controller_id, email, email_key, source_kind, added_at)
    SELECT subject_id, %(controller)s, 'person' || n || '@example.com', key, 'import',
        now() - interval '1 year'
    FROM people
), l AS (
    INSERT INTO ledger_entries (controller_id, id, subject_id, address_key, channel, purpose,
        topic_id, basis, action, state, since, anchor_at, source, recorded_by, policy_version,
        correlation, proof_id)
    SELECT %(controller)s, entry_id, subject_id, key, 'email', 'marketing', %(topic)s, 'consent',
        'granted', 'granted', now() - interval '1 year', now() - interval '1 year', 'import',
        'bench', 1, entry_id, entry_id
    FROM people
)
INSERT INTO permissions (controller_id, address_key, channel, purpose, topic_id, basis, subject_id,
    state, since, anchor_at, entry_id)
SELECT %(controller)s, key, 'email', 'marketing', %(topic)s, 'consent', subject_id, 'granted',
    now() - interval '1 year', now() - interval '1 year', entry_id
FROM people
"""

_SUPPRESS = """
INSERT INTO suppressions (controller_id, address_key, subject_id, kind, scope, topic_id, reason,
    source, correlation, suppressed_at)
SELECT controller_id, address_key, subject_id, 'email', 'topic', %(topic)s, 'unsubscribe', 'bench',
    gen_random_uuid(), now()
FROM addresses WHERE controller_id = %(controller)s AND address_key = ANY (%(keys)s::uuid[])
"""
_BATCH = 50_000


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
    """Create a controller with ``size`` contacts, a share of which has unsubscribed."""
    register = _controller(house, size)
    with psycopg.connect(house.settings.admin_url) as connection:
        for start in range(0, size, _BATCH):
            numbers = range(start, min(start + _BATCH, size))
            _add(connection, register, numbers, suppressed)
            connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
    return register


def _add(
    connection: psycopg.Connection[TupleRow], register: Register, numbers: range, suppressed: float
) -> None:
    keys = [str(register.address_key(number)) for number in numbers]
    facts = {"controller": register.controller_id, "topic": register.topic_id, "keys": keys}
    connection.execute(_FILL, facts)
    gone = keys[: int(len(keys) * suppressed)]
    if gone:
        connection.execute(_SUPPRESS, facts | {"keys": gone})


def _controller(house: House, size: int) -> Register:
    app = create_app(house.settings)
    document = yaml.safe_load((ROOT / "deploy" / "policies" / "cantec-ee.yaml").read_text())
    slug = f"bench-{uuid.uuid4().hex[:12]}"
    with app.app_context(), transaction() as session:
        controller = controllers.create(session, slug=slug, name="Bench")
        connection = driver_connection(session)
        policy = policies.activate(connection, controller.id, document, "operator:bench")
        if policy.agreement:
            policies.accept_agreement(
                connection,
                controller.id,
                version=policy.agreement.version,
                accepted_by="Bench",
                recorded_by="operator:bench",
            )
        topic = topics.create(
            connection, controller.id, slug="news", name={"en": "News"}, category="marketing"
        )
        key = controllers.issue_key(session, controller.id, name="bench", actor="operator:bench")
        return Register(
            controller.id,
            controller.link_ref,
            topic.id,
            topic.link_ref,
            key,
            house.settings.keyring.pepper(controller.id),
            size,
        )
