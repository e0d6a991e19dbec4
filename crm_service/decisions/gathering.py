"""Finding what a verdict rests on, and reaching it over that."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from crm_service.db import Connection
from crm_service.decisions import lives, repository
from crm_service.decisions.findings import Findings, mark
from crm_service.decisions.views import View
from crm_service.eligibility import past
from crm_service.eligibility.past import Past
from crm_service.permissions import proving as ledger
from crm_service.seals.inclusion import included
from crm_service.seals.logs import AUDIT, LEDGER
from crm_service.suppression import past as suppression


def gather(connection: Connection, controller_id: uuid.UUID, found: Findings) -> None:
    """Find entries, blocks and restrictions of the address, whosever it was, with their seals."""
    key, question = found.address.key, found.question
    keys = [key, *(found.address.domain_keys or ())]
    facts = {
        "controller_id": controller_id,
        "address_key": key,
        "channel": question.channel,
        "purpose": question.purpose.slug,
        "topic_id": question.topic_id,
        "at": question.now,
    }
    found.blocks = suppression.blocks(connection, controller_id, keys)
    found.entries = ledger.entries(connection, facts)
    named = {row[0] for row in connection.execute(repository.SUBJECTS, facts)}
    asked = {found.address.contact_id} if found.address.contact_id else set()
    found.subject_ids = sorted(named | asked)
    found.life = lives.of(connection, controller_id, found.address, found.subject_ids)
    marks = [mark(entry.row) for entry in found.entries]
    found.seals = included(connection, controller_id, LEDGER, marks)
    marks = [mark(row) for row in found.life.restrictions]
    found.audit_seals = included(connection, controller_id, AUDIT, marks)


def verdict(
    connection: Connection,
    controller_id: uuid.UUID,
    found: Findings,
    view: View,
    entries: Sequence[ledger.Proved],
    blocks: Sequence[suppression.PastBlock],
    *,
    recorded_by: datetime,
) -> dict[str, Any]:
    """Reach the verdict over these entries and blocks, and over the life that ``view`` shows.

    An address that was stored after ``recorded_by`` was no contact's then.
    """
    then = Past(
        address_key=found.address.key,
        entries=[entry.row.id for entry in entries],
        blocks=found.barring(blocks),
        is_restricted=found.life.is_restricted(view, recorded_by),
        is_known=found.life.is_known(view, recorded_by),
    )
    return past.verdict(connection, controller_id, found.question, then)
