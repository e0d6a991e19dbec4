"""Which holds stand: what everybody asks who is about to delete (clauses si-05 and no-12).

Evaluated when it is read: a hold is over on the day after its last, whether or not a job has run.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from psycopg.rows import class_row

from crm_service.clock import utcnow
from crm_service.db import Connection
from crm_service.holds import repository
from crm_service.policies.document import Policy

#: The holds that stand, for set-based use: ``STANDING`` AS h(hold_id, subject_id, kind, held_until,
#: categories), parameters ``controller_id``, ``today`` (a date by the controller's clock, see
#: ``today``) and ``known_categories`` (``policy.retention.known``). ``categories`` NULL holds
#: everything about the person, as does any category that is not known, else the rows of those
#: categories of retention. A subject may have several.
STANDING = repository.STANDING

#: When the last of each subject's holds is or was over, as far as they have an end: ``OVER`` AS
#: o(subject_id, over_at), parameters ``controller_id`` and ``timezone``.
OVER = repository.OVER


@dataclass(frozen=True)
class Hold:
    """One hold. ``categories`` None holds everything; ``held_until`` is its last day, if any.

    A dispute is open while ``outcome`` is None; ``final_on`` is the day on which it became final.
    """

    id: uuid.UUID
    subject_id: uuid.UUID
    kind: str
    reference: str | None
    law: str | None
    hand_over_to: str | None
    categories: Sequence[str] | None
    reasons: str
    set_by: str
    set_at: datetime
    outcome: str | None
    final_on: date | None
    held_until: date | None
    resolved_by: str | None
    resolved_at: datetime | None
    lifted_by: str | None
    lifted_at: datetime | None
    lift_reasons: str | None

    def stands(self, on: date) -> bool:
        """Tell whether it bars deletion on that day."""
        return self.lifted_at is None and (self.held_until is None or on <= self.held_until)


def today(policy: Policy, now: datetime | None = None) -> date:
    """Return the day by the controller's clock, at a moment or now."""
    return (now or utcnow()).astimezone(ZoneInfo(policy.timezone)).date()


def of_subjects(
    connection: Connection,
    controller_id: uuid.UUID,
    subject_ids: Sequence[uuid.UUID],
    *,
    on: date,
) -> Mapping[uuid.UUID, list[Hold]]:
    """Return the holds that stand on a day, the oldest first, of those subjects that have any."""
    facts = {"controller_id": controller_id, "subject_ids": list(subject_ids), "today": on}
    found: dict[uuid.UUID, list[Hold]] = {}
    with connection.cursor(row_factory=class_row(Hold)) as cursor:
        for hold in cursor.execute(repository.OF_SUBJECTS, facts):
            found.setdefault(hold.subject_id, []).append(hold)
    return found
