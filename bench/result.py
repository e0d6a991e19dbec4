"""What a benchmark reports: our figure, its limit's, and the ratio that counts."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Result:
    """One measured path. ``ours`` and ``limit`` are medians in ``unit`` of the same run.

    ``ratio`` is ours / limit; ``target`` is the ratio wanted, at least, or at most where
    ``lower_is_better``; None where nothing is asked.
    """

    name: str
    ours: float
    limit: float
    unit: str
    target: float | None = None
    lower_is_better: bool = False
    note: str = ""

    @property
    def ratio(self) -> float:
        """How near ours is to the limit."""
        return self.ours / self.limit if self.limit else 0.0

    @property
    def is_met(self) -> bool | None:
        """Whether the target is reached; None where there is none."""
        if self.target is None:
            return None
        return self.ratio <= self.target if self.lower_is_better else self.ratio >= self.target

    def as_json(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {**asdict(self), "ratio": round(self.ratio, 3), "is_met": self.is_met}
