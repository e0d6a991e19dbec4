"""Set-based statements for the hot paths, compiled once.

psycopg translates named parameters anew at every execution of a statement as long as these; that
costs more than some of them take in the database.
"""

import re
from collections.abc import Mapping
from typing import Any

from psycopg import RawCursor
from psycopg.rows import TupleRow

from crm_service.db import Connection

_NAMED = re.compile(r"%\((\w+)\)s")


class Statement:
    """One statement with named parameters, each sent once however often the text uses it."""

    def __init__(self, text: str) -> None:
        #: As it was written, for statements that are made of this one.
        self.named = text
        numbers: dict[str, int] = {}
        numbered = _NAMED.sub(
            lambda match: f"${numbers.setdefault(match[1], len(numbers) + 1)}", text
        )
        self.text = numbered.encode()
        self.names = tuple(numbers)

    def execute(
        self, connection: Connection, facts: Mapping[str, Any], *, binary: bool = False
    ) -> RawCursor[TupleRow]:
        """Run with ``facts`` (more than the statement names do no harm) and return the cursor.

        Prepared from the first time on. Raises ``KeyError`` for a missing fact.
        """
        cursor = RawCursor(connection)
        values = [facts[name] for name in self.names]
        return cursor.execute(self.text, values, prepare=True, binary=binary)
