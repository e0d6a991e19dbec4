"""What a policy decides about the tracking of opens and clicks (rule 31)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Tracking:
    """``purpose``: the one that opens and clicks are tracked for; None tracks nobody."""

    purpose: str | None = None


def parse_tracking(stated: Mapping[str, Any] | None) -> Tracking:
    """Return what a policy's ``tracking`` says; a policy may leave it out."""
    return Tracking(**(stated or {}))
