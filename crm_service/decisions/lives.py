"""What befell a subject: its contact came and went, its processing was restricted and let go on.

Restrictions (GDPR Art. 18) are told by the sealed audit log, which outlives what an erasure
empties; that a contact was there, by its events as long as these are kept. An erasure ends both,
and the ledger tells of one whose events are gone.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter

from crm_service.audit.digest import COLUMNS, AuditRow
from crm_service.db import Connection
from crm_service.decisions.views import View

RESTRICT = "contacts.restrict"
LIFT = "contacts.lift_restriction"
CREATED = "created"
ERASED = "erased"

_RESTRICTIONS = f"""
SELECT {COLUMNS} FROM audit_entries
WHERE controller_id = %(controller_id)s AND subject_id = ANY (%(subject_ids)s)
    AND action IN ('{RESTRICT}', '{LIFT}')
ORDER BY audit_entries.xid, position
"""  # noqa: S608 - constant text

_COMINGS_AND_GOINGS = f"""
SELECT subject_id, CASE type WHEN 'contact.created.v1' THEN '{CREATED}' ELSE '{ERASED}' END,
    xid::text::bigint, recorded_at
FROM events
WHERE controller_id = %(controller_id)s AND subject_id = ANY (%(subject_ids)s)
    AND type IN ('contact.created.v1', 'contact.erased.v1')
UNION
SELECT subject_id, '{ERASED}', xid::text::bigint, recorded_at FROM ledger_entries
WHERE controller_id = %(controller_id)s AND subject_id = ANY (%(subject_ids)s)
    AND action = 'erased'
ORDER BY 3
"""  # noqa: S608 - constant text

_OWNER = """
SELECT subject_id, created_at FROM addresses
WHERE controller_id = %(controller_id)s AND address_key = %(address_key)s
"""

#: Subject, what happened, by which transaction, and when it began.
Happening = tuple[uuid.UUID, str, int, datetime]


@dataclass(frozen=True)
class Life:
    """What befell the subjects that ever bore an address, in order.

    ``owner``: to whom the address belongs now, with ``since`` when; None where it is forgotten.
    """

    restrictions: Sequence[AuditRow] = ()
    comings_and_goings: Sequence[Happening] = field(default_factory=tuple)
    owner: uuid.UUID | None = None
    since: datetime | None = None

    def is_known(self, view: View, now: datetime) -> bool:
        """Tell whether a contact was there that may have borne the address at ``now``."""
        # The address may have come to the contact later.
        is_late = self.since is not None and self.since > now
        last = {each[0]: each[1] for each in self.comings_and_goings if view.sees(*each[2:])}
        return CREATED in last.values() and not is_late

    def is_restricted(self, view: View) -> bool:
        """Tell whether the processing of the address was restricted."""
        told = [
            (row.subject_id, row.action, int(row.xid), row.recorded_at) for row in self.concerned()
        ]
        seen = [each for each in [*self.comings_and_goings, *told] if view.sees(*each[2:])]
        last = {each[0]: each[1] for each in sorted(seen, key=itemgetter(2))}
        return RESTRICT in last.values()

    def concerned(self) -> list[AuditRow]:
        """Return the restrictions of the address: those of its owner, for a phone may be shared."""
        return [row for row in self.restrictions if self.owner in {None, row.subject_id}]


def of(
    connection: Connection,
    controller_id: uuid.UUID,
    address_key: uuid.UUID,
    subject_ids: Collection[uuid.UUID],
) -> Life:
    """Return what befell the subjects of an address."""
    facts = {
        "controller_id": controller_id,
        "address_key": address_key,
        "subject_ids": list(subject_ids),
    }
    rows = connection.execute(_RESTRICTIONS, facts).fetchall()
    happenings = connection.execute(_COMINGS_AND_GOINGS, facts).fetchall()
    owner = connection.execute(_OWNER, facts).fetchone() or (None, None)
    return Life([AuditRow(*row) for row in rows], [tuple(row) for row in happenings], *owner)
