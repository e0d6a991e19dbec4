"""What a person is shown of the lines of files that name them (GDPR Art. 15(1) and 15(4)).

A line is about whoever's row it is, and may name others besides: a spouse in a note, a colleague
who recommended somebody. A copy of one's data must not be a copy of theirs.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from crm_service.addresses import InvalidAddress, normalize_email

ADDRESS: Final = re.compile(r"""[^\s,;:|<>()"'=]+@[^\s,;:|<>()"'=]+""")
#: What a report puts behind the cells: number, outcome, reason, warnings.
OWN_COLUMNS: Final = 4
_REJECTED: Final = "rejected"


def shown(line: Sequence[str], named: Sequence[int], own: set[int], email: str | None) -> list[str]:
    """Return the cells of a report's line as the person may see them; others are empty.

    ``named``: whom the line names, the holder of the row first; those of ``own`` are the person.
    ``email``: the address that the person bears.
    """
    cells, outcome = line[:-OWN_COLUMNS], line[1 - OWN_COLUMNS]
    # A row that was refused may be anybody's: it is not known whose name stands beside the address.
    if outcome == _REJECTED or named[0] not in own:
        return [cell if _names(cell) == {email} else "" for cell in cells]
    if own.issuperset(named):
        return list(cells)
    return [cell if _names(cell) <= {email} else "" for cell in cells]


def _names(cell: str) -> set[str | None]:
    return set(_normalized(cell))


def _normalized(cell: str) -> Iterator[str]:
    for found in ADDRESS.findall(cell):
        try:
            yield normalize_email(found)
        except InvalidAddress:
            yield found
