"""Cells that a spreadsheet would run as a formula, made harmless and back again without loss.

An export neutralizes, an import restores; so a report can be opened, corrected and imported again.
Known as CSV injection (CWE-1236).
"""

#: What makes a spreadsheet read a cell as something else than text.
_RISKY = frozenset("=+-@\t\r\n")
_MARK = "'"
_MARKED = _RISKY | {_MARK}


def neutralize(cell: str) -> str:
    """Return the cell as text for any spreadsheet; ``restore`` gives back the very same cell."""
    first = cell[:1]
    if first in _RISKY or (first == _MARK and cell[1:2] in _MARKED):
        return _MARK + cell
    return cell


def restore(cell: str) -> str:
    """Return the cell as it was before ``neutralize``; any other cell stays as it is."""
    return cell[1:] if cell[:1] == _MARK and cell[1:2] in _MARKED else cell
