"""SQL over how much is owed: one row a controller and duty, and no word about whom."""

import uuid
from datetime import date, datetime

from crm_service.db import Connection

#: Of two workers one takes it: the second finds it counted just now, and leaves it.
_TAKE = """
INSERT INTO duty_counts AS c (controller_id, duty, counted_at)
VALUES (%(controller_id)s, %(duty)s, %(now)s)
ON CONFLICT (controller_id, duty) DO UPDATE SET counted_at = excluded.counted_at
WHERE c.counted_at <= %(before)s
"""

_NOTE = """
UPDATE duty_counts SET owed = %(owed)s, overdue = %(overdue)s
WHERE controller_id = %(controller_id)s AND duty = %(duty)s
"""

_TELL = """
UPDATE duty_counts SET told_on = %(today)s
WHERE controller_id = %(controller_id)s AND duty = %(duty)s
    AND (told_on IS NULL OR told_on < %(today)s)
"""

_TOTALS = """
SELECT duty, sum(owed)::bigint, sum(overdue)::bigint FROM duty_counts GROUP BY duty
"""


def take(
    connection: Connection,
    controller_id: uuid.UUID,
    duty: str,
    *,
    now: datetime,
    before: datetime,
) -> bool:
    """Take a controller's duty, to count it now; False where it was counted after ``before``."""
    facts = {"controller_id": controller_id, "duty": duty, "now": now, "before": before}
    return connection.execute(_TAKE, facts).rowcount == 1


def note(
    connection: Connection, controller_id: uuid.UUID, duty: str, *, owed: int, overdue: int
) -> None:
    """Store what was counted."""
    facts = {"controller_id": controller_id, "duty": duty, "owed": owed, "overdue": overdue}
    connection.execute(_NOTE, facts)


def tell(connection: Connection, controller_id: uuid.UUID, duty: str, today: date) -> bool:
    """Note that it is told today; False where it was already."""
    facts = {"controller_id": controller_id, "duty": duty, "today": today}
    return connection.execute(_TELL, facts).rowcount == 1


def totals(connection: Connection) -> dict[str, tuple[int, int]]:
    """Return by duty how much all controllers together owe, and how much of it is overdue."""
    return {duty: (owed, overdue) for duty, owed, overdue in connection.execute(_TOTALS)}
