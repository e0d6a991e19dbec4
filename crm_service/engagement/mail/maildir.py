"""A Maildir as a queue: what is in ``new`` waits, what is in ``cur`` is done.

A message moves when its effect is durable, by a rename. Whoever is interrupted reads it again,
which changes nothing; two runs at once do no harm.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from stat import S_ISREG
from typing import Final

from crm_service.engagement.mail.mime import MAX_MESSAGE

#: The flag of what needs nobody's attention any more.
_SEEN: Final = ":2,S"
_UNSEEN: Final = ":2,"


class NoMaildir(Exception):
    """The folder is no Maildir: it lacks ``new`` or ``cur``."""


def waiting(folder: Path) -> Iterator[Path]:
    """Yield the messages that wait, the oldest name first. Raises ``NoMaildir``."""
    new = folder / "new"
    if not new.is_dir() or not (folder / "cur").is_dir():
        raise NoMaildir(f"{folder} is no Maildir: it needs the folders new and cur")
    with os.scandir(new) as entries:
        names = sorted(entry.name for entry in entries if not entry.name.startswith("."))
    for name in names:
        yield new / name


def read(message: Path) -> bytes | None:
    """Return the beginning of a message; None where it is gone, or is no plain file."""
    try:
        handle = os.open(message, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    if not S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        return None
    with os.fdopen(handle, "rb") as opened:
        return opened.read(MAX_MESSAGE)


def done(message: Path, *, is_ignored: bool) -> None:
    """Move a message to ``cur``; as seen, unless it was ignored and somebody may want to see it."""
    name = message.name.partition(":2,")[0] + (_UNSEEN if is_ignored else _SEEN)
    try:
        message.rename(message.parent.parent / "cur" / name)
    except FileNotFoundError:  # another run has moved it
        return
