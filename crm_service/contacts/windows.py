"""Walking a register by the contacts' ids, a bounded number at a time.

What a list is made of is often known only after looking at each contact. Where few of a million
fit, a page would look at all of them; so it stops after a while and says where the next one begins.
"""

import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

from crm_service.db import Connection

Item = TypeVar("Item")

#: Before every contact there can be.
BEGINNING: Final = uuid.UUID(int=0)
#: Contacts that one page looks at, at most.
MOST: Final = 10_000
#: Contacts looked at first, for each row that is wanted.
_FIRST: Final = 2
_GROWTH: Final = 4

# Planned by the index: how many contacts a controller has is not sampled.
END = """
SELECT id FROM contacts WHERE controller_id = %(controller_id)s AND id > %(after)s
ORDER BY id OFFSET %(size)s LIMIT 1
"""


def end(
    connection: Connection, controller_id: uuid.UUID, after: uuid.UUID, size: int
) -> uuid.UUID | None:
    """Return the id of the ``size``-th contact behind ``after``; None where fewer are left."""
    facts = {"controller_id": controller_id, "after": after, "size": size - 1}
    row = connection.execute(END, facts).fetchone()
    return row[0] if row else None


def every(
    connection: Connection, controller_id: uuid.UUID
) -> Iterator[dict[str, uuid.UUID | None]]:
    """Yield ``after`` and ``until`` of each stretch of the register; the last has no end."""
    after: uuid.UUID = BEGINNING
    while (until := end(connection, controller_id, after, MOST)) is not None:
        yield {"after": after, "until": until}
        after = until
    yield {"after": after, "until": None}


def gather(
    connection: Connection,
    controller_id: uuid.UUID,
    read: Callable[[dict[str, object]], Sequence[Item]],
    *,
    after: uuid.UUID | None,
    wanted: int,
) -> tuple[list[Item], uuid.UUID | None]:
    """Return the first ``wanted`` rows behind ``after``, fewer where they are too far apart.

    ``read`` takes ``after``, ``until`` and ``limit``. Returned with the rows is the contact up to
    which was looked, where there may be more behind it; None otherwise.
    """
    found: list[Item] = []
    begin = after or BEGINNING
    size = min(wanted * _FIRST, MOST)
    looked = 0
    while looked < MOST:
        until = end(connection, controller_id, begin, size)
        found += read({"after": begin, "until": until, "limit": wanted - len(found)})
        if until is None or len(found) == wanted:
            return found, None
        begin, looked = until, looked + size
        size = min(size * _GROWTH, MOST - looked)
    return found, begin
