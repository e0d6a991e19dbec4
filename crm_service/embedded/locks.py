"""Lock files of a data folder: whose they are ends with the process that holds them."""

import fcntl
import os
from pathlib import Path

from crm_service.errors import ConfigurationError


def open_lock(folder: Path, name: str) -> int:
    """Return a descriptor to lock, making folder and file on first use.

    The file belongs to the folder's owner even if root comes first. Raises ``ConfigurationError``.
    """
    try:
        # Others may pass through, to the folders inside that are theirs.
        folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        descriptor = os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o600)
        if os.geteuid() == 0:
            owner = folder.stat()
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
    except OSError as error:
        raise ConfigurationError(
            f"the data folder {folder} cannot be used: {error.strerror}"
        ) from None
    return descriptor


def take(descriptor: int) -> str | None:
    """Take the lock for this process; return the holder's process id where it is another."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.pread(descriptor, 20, 0).decode() or "unknown"
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    return None
