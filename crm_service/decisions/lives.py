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
from crm_service.decisions.asked import Address
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
    ``is_shared``: of a kind that several people may bear at once; the owner's restriction counts.
    """

    restrictions: Sequence[AuditRow] = ()
    comings_and_goings: Sequence[Happening] = field(default_factory=tuple)
    owner: uuid.UUID | None = None
    since: datetime | None = None
    is_shared: bool = False

    def is_known(self, view: View, now: datetime) -> bool:
        """Tell whether a contact was there that may have borne the address at ``now``."""
        last = {each[0]: each[1] for each in self.comings_and_goings if view.sees(*each[2:])}
        if self.since is not None and self.since > now:
            # The address came to this one later; who had it before was forgotten meanwhile.
            last = {one: what for one, what in last.items() if one != self.owner}
        return CREATED in last.values()

    def is_restricted(self, view: View, now: datetime) -> bool:
        """Tell whether the processing of the address was restricted at ``now``."""
        told = [
            (row.subject_id, row.action, int(row.xid), row.recorded_at)
            for row in self.concerned(now)
        ]
        seen = [each for each in [*self.comings_and_goings, *told] if view.sees(*each[2:])]
        last = {each[0]: each[1] for each in sorted(seen, key=itemgetter(2))}
        return RESTRICT in last.values()

    def concerned(self, now: datetime) -> list[AuditRow]:
        """Return the restrictions that concern the address at ``now``: a shared one's owner's.

        Whoever had it before it was forgotten is known by the logs alone: then everybody's count.
        """
        is_owned = self.is_shared and self.since is not None and self.since <= now
        return [row for row in self.restrictions if not is_owned or row.subject_id == self.owner]


def of(
    connection: Connection,
    controller_id: uuid.UUID,
    address: Address,
    subject_ids: Collection[uuid.UUID],
) -> Life:
    """Return what befell the subjects of an address."""
    facts = {
        "controller_id": controller_id,
        "address_key": address.key,
        "subject_ids": list(subject_ids),
    }
    rows = connection.execute(_RESTRICTIONS, facts).fetchall()
    happenings = connection.execute(_COMINGS_AND_GOINGS, facts).fetchall()
    owner, since = connection.execute(_OWNER, facts).fetchone() or (None, None)
    return Life(
        [AuditRow(*row) for row in rows],
        [tuple(row) for row in happenings],
        owner,
        since,
        is_shared=address.kind == "phone",
    )
