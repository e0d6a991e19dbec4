"""Links that nobody used in time, for those who have to take back what was to be proven."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from crm_service.clock import utcnow
from crm_service.db import Connection
from crm_service.proofs import repository
from crm_service.proofs.service import Proof
from crm_service.subjects.service import LOCK_BY_ADDRESS_KEY

#: Whoever presses the button in the last second is done by then.
MARGIN: Final = "1 hour"


def pages(connection: Connection, purpose: str) -> Iterator[list[tuple[uuid.UUID, uuid.UUID]]]:
    """Yield controller and id of what lapsed, whoever's it is (as the worker), 200 at a time.

    Each is named once, also where taking it fails: it is found again the next time.
    """
    facts: dict[str, Any] = {"purpose": purpose, "now": utcnow(), "margin": MARGIN}
    last = (datetime.min.replace(tzinfo=UTC), uuid.UUID(int=0))
    while True:
        named = facts | {"after_time": last[0], "after_id": last[1]}
        rows = connection.execute(repository.LAPSED, named).fetchall()
        if not rows:
            return
        last = (rows[-1][2], rows[-1][1])
        yield [(controller_id, proof_id) for controller_id, proof_id, _ in rows]


def take(
    connection: Connection, controller_id: uuid.UUID, proof_id: uuid.UUID, *, purpose: str
) -> Proof | None:
    """Delete a lapsed proof and return it; None where another has taken it, or it has to wait.

    Exactly one caller gets it, if its transaction commits. The subject behind the address is locked
    until then.
    """
    facts: dict[str, Any] = {
        "controller_id": controller_id,
        "id": proof_id,
        "purpose": purpose,
        "now": utcnow(),
        "margin": MARGIN,
    }
    key = connection.execute(repository.KEY_OF, facts).fetchone()
    if key is None:
        return None
    # Before the row's own lock, as erasure takes them in this order.
    LOCK_BY_ADDRESS_KEY.execute(connection, facts | {"address_key": key[0]})
    row = connection.execute(repository.TAKE_LAPSED, facts).fetchone()
    return Proof(*row) if row else None
