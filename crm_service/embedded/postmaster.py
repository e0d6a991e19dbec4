"""What a running PostgreSQL says about itself in ``postmaster.pid``."""

import os
from pathlib import Path

from crm_service.errors import ConfigurationError

FILE = "postmaster.pid"
_STATUS_LINE = 7


def is_ready(cluster: Path) -> bool:
    """Whether a server has come up here and takes connections."""
    lines = _lines(cluster)
    return len(lines) > _STATUS_LINE and lines[_STATUS_LINE].strip() == "ready"


def serving_pid(cluster: Path) -> int | None:
    """Return the process that serves this cluster, or None.

    A recorded process that is something else got the id of a server that died uncleanly.
    """
    lines = _lines(cluster)
    if not lines or not lines[0].isdigit():
        return None
    try:
        command = Path(f"/proc/{lines[0]}/cmdline").read_bytes()
    except OSError:
        return None
    return int(lines[0]) if os.fsencode(cluster) in command else None


def _lines(cluster: Path) -> list[str]:
    try:
        return (cluster / FILE).read_text().splitlines()
    except FileNotFoundError:
        return []
    except PermissionError:
        raise ConfigurationError(
            f"{cluster} belongs to another user: run as that user, or choose CRM_DATA_DIR"
        ) from None
