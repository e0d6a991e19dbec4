"""The verdict of back then (rule 19): the statements of now, over what was there then.

In each statement, the tables that it reads are replaced by what they held: permissions by the last
of the ledger entries that were known, suppressions by the blocks that stood, addresses by what
is known of the one that is asked about. Nothing else differs, so that no rule is written twice.
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import ClassVar

from crm_service.db import Connection
from crm_service.eligibility import batches
from crm_service.eligibility.inquiry import Inquiry, Statements
from crm_service.eligibility.service import Question
from crm_service.permissions.proving import SEEN
from crm_service.statements import Statement

_THEN = f"""
WITH permissions AS MATERIALIZED ({SEEN}),
suppressions AS MATERIALIZED (
    -- A block on the domain counts as one on the address.
    SELECT controller_id, %(address_key)s::uuid AS address_key, scope, topic_id, reason, ends_at,
        NULL::timestamptz AS lifted_at
    FROM suppressions
    WHERE controller_id = %(controller_id)s::uuid AND id = ANY (%(blocks)s::uuid[])
),
addresses AS MATERIALIZED (
    SELECT %(controller_id)s::uuid AS controller_id, %(address_key)s::uuid AS address_key,
        %(is_restricted)s::boolean AS restricted, %(is_known)s::boolean AS is_current
)"""  # noqa: S608 - constant text


def _then(statement: Statement) -> Statement:
    text = statement.named.strip()
    further = "," + text.removeprefix("WITH") if text.startswith("WITH") else " " + text
    return Statement(_THEN + further)


@dataclass(frozen=True)
class Past:
    """What was there, of one address: which ledger entries and which blocks, by their ids."""

    address_key: uuid.UUID
    entries: Collection[uuid.UUID]
    blocks: Collection[uuid.UUID]
    is_restricted: bool
    is_known: bool


class _PastInquiry(Inquiry):
    statements: ClassVar[Statements] = Statements(*map(_then, Inquiry.statements))

    def __init__(
        self, connection: Connection, controller_id: uuid.UUID, question: Question, past: Past
    ) -> None:
        # Blocks on domains are among the blocks already.
        super().__init__(connection, controller_id, replace(question, has_domains=False))
        self._facts |= vars(past) | {
            "entries": list(past.entries),
            "blocks": list(past.blocks),
        }


def verdict(
    connection: Connection, controller_id: uuid.UUID, question: Question, past: Past
) -> dict[str, object]:
    """Return what a check would have answered about the address: eligible, reasons and more."""
    inquiry = _PastInquiry(connection, controller_id, question, past)
    key = past.address_key.bytes
    inquiry.ask([key])
    verdicts = inquiry.verdicts()
    if key in verdicts.basis:
        return batches.permission(verdicts.basis[key])
    return batches.refusal(key, verdicts)
