"""Random registers: what may stand on an address, around the very moment at which terms end."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from crm_service.permissions.evidence import BASES
from crm_service.policies.document import BasisRule, Purpose
from crm_service.policies.terms import term_end
from tests.eligibility.oracle import Block, Permission, Register
from tests.permissions.person import Admin

#: In Tallinn, the clocks have just gone forward.
NOW = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
ZONES = ["Europe/Tallinn", "UTC", "Australia/Lord_Howe"]
TERMS = ["P5Y", "P1M", "P1M1D", "P90D", "P13M", "P1D"]
NUDGES = [
    *(timedelta(microseconds=n) for n in (0, -1, 0, 1)),
    *(timedelta(hours=n) for n in (-25, 1)),
]

_ADDRESS = "INSERT INTO addresses VALUES (%s, %s, %s, 'email', %s, %s)"
_PERMISSION = "INSERT INTO permissions VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
_BLOCK = """
INSERT INTO suppressions (controller_id, address_key, subject_id, kind, scope, topic_id, reason,
    source, correlation, suppressed_at, lifted_at)
VALUES (%s, %s, %s, 'email', %s, %s, %s, 'test', gen_random_uuid(), now(), %s)
"""


def over_now(term: str, zone: str) -> datetime:
    """Return a start from which the term is over just now, as far as there is one."""
    start = NOW - (term_end(NOW, term, zone) - NOW)
    return start + (NOW - term_end(start, term, zone))


@dataclass(frozen=True)
class Dice:
    """Draws registers around one term in one time zone; the same seed draws the same."""

    random: Random
    term: str
    zone: str

    def moment(self) -> datetime:
        """A time that a term begins at, or that a state is since: a term ago, or now."""
        ago = over_now(self.term, self.zone)
        return self.random.choice([ago, ago, NOW]) + self.random.choice(NUDGES)

    def purpose(self) -> Purpose:
        """A purpose as some policy may declare it."""
        bases = {
            basis: BasisRule(
                term=self.random.choice([self.term, self.term, None]),
                term_from=self.random.choice(["since", "added_at"]),
                inherits=self.random.choice([True, False]),
            )
            for basis in BASES
            if self.random.random() < 0.7
        }
        channels = self.random.choice([{"email"}, {"email", "post"}, {"email", "sms"}, {"post"}])
        category = self.random.choice(["marketing", "service"])
        return Purpose("marketing", category, frozenset(channels), bases)

    def register(self) -> Register:
        """All that may stand on one address."""
        permissions = {
            (one.channel, one.purpose, one.topic, one.basis): one
            for one in (self._permission() for _ in range(self.random.randrange(4)))
        }
        blocks = {self._block() for _ in range(self.random.choice([0, 0, 0, 1, 2]))}
        return Register(
            permissions=list(permissions.values()),
            blocks=sorted(blocks, key=str),
            is_known=self.random.random() < 0.8,
            is_restricted=self.random.random() < 0.1,
        )

    def _permission(self) -> Permission:
        choose = self.random.choice
        return Permission(
            channel=choose(["email"] * 9 + ["post"]),
            purpose=choose(["marketing"] * 9 + ["statistics"]),
            topic=choose(["offers", "offers", None, "news"]),
            basis=choose(["consent", "consent", "legitimate_interests", "soft_opt_in"]),
            state=choose(["granted", "granted", "granted", "pending", "withdrawn", "objected"]),
            since=self.moment(),
            anchor_at=self.moment(),
        )

    def _block(self) -> Block:
        choose = self.random.choice
        scope, topic = choose(
            [("all", None), ("marketing", None), ("topic", "offers"), ("topic", "news")]
        )
        reason = choose(["unsubscribe", "objection", "hard_bounce", "erasure"])
        return Block(scope, topic, reason, is_lifted=choose([True, False, False]))


def store(
    admin: Admin, controller_id: uuid.UUID, keys: Sequence[uuid.UUID], stored: Sequence[Register]
) -> None:
    """Write the registers of these address keys as they are."""
    rows = admin.execute("SELECT slug, id FROM topics WHERE controller_id = %s", (controller_id,))
    topics: dict[str | None, uuid.UUID | None] = {None: None, **dict(rows.fetchall())}
    with admin.pipeline(), admin.cursor() as cursor:
        for key, register in zip(keys, stored, strict=True):
            place = (controller_id, key, key)
            cursor.execute(_ADDRESS, (*place, register.is_known, register.is_restricted))
            for one in register.permissions:
                target = (controller_id, key, one.channel, one.purpose, topics[one.topic])
                row = (one.basis, key, one.state, one.since, one.anchor_at, uuid.uuid4())
                cursor.execute(_PERMISSION, (*target, *row))
            for block in register.blocks:
                lifted_at = NOW if block.is_lifted else None
                values = (block.scope, topics[block.topic], block.reason, lifted_at)
                cursor.execute(_BLOCK, (*place, *values))
