"""Pages that differ between people in a few words alone: laid out once, filled in for each.

A stencil has blanks where those words stand, and so holds nothing about anybody. Laying a page out
(looking texts up, escaping, joining) costs some twenty times what filling it in does.
"""

import secrets
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Final

from markupsafe import escape

#: A stencil has some 3 KB. The oldest is forgotten first.
MAX_KEPT: Final = 512

#: New in each process: nobody can write a blank into a topic's name or an address.
_MARK: Final = secrets.token_hex(12)

_kept: dict[str, str] = {}
_lock: Final = Lock()


def blank(name: str) -> str:
    """Return what stands in a stencil for the word ``name`` (letters), untouched by escaping."""
    return f"{name}{_MARK}"


def filled(sort: str, lay_out: Callable[[], str], words: Mapping[str, str]) -> str:
    """Return the page of this ``sort`` with ``words``, escaped, in its blanks.

    ``sort`` must name everything that the page depends on but the words: pages of one sort are laid
    out once a process, by whoever comes first.
    """
    page = _kept.get(sort)
    if page is None:
        page = lay_out()
        _keep(sort, page)
    for name, word in words.items():
        page = page.replace(blank(name), str(escape(word)))
    return page


def _keep(sort: str, page: str) -> None:
    with _lock:
        if len(_kept) >= MAX_KEPT:
            _kept.pop(next(iter(_kept)))
        _kept[sort] = page
