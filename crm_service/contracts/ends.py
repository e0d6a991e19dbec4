"""When the contracts of people ended: retention of contract data counts from it (clause si-05)."""

import uuid
from collections.abc import Sequence
from datetime import date

from crm_service.contracts import repository
from crm_service.db import Connection

#: The end of each subject's last contract, for set-based use: ``ENDS`` AS c(subject_id,
#: contract_end), parameter ``controller_id``. NULL where one is still running: nothing that counts
#: from the end of the contract has begun. A subject without a contract has no row.
ENDS = repository.ENDS


def of_subjects(
    connection: Connection, controller_id: uuid.UUID, subject_ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, date | None]:
    """Return the last end of those subjects that have a contract; None where one is running."""
    facts = {"controller_id": controller_id, "subject_ids": list(subject_ids)}
    return dict(connection.execute(repository.OF_SUBJECTS, facts).fetchall())
