"""What pages know of a controller's logo."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Logo:
    """A picture as it is served; ``version`` changes with its content and is part of its URL."""

    link_ref: int
    version: str
    width: int
    height: int
    bytes: int
    uploaded_at: datetime

    @property
    def path(self) -> str:
        """Where it is, below the pages' root."""
        return f"logo/{self.link_ref}/{self.version}.webp"

    @property
    def shown(self) -> tuple[int, int]:
        """Width and height on the page: half of its pixels, for sharp displays."""
        return max(1, self.width // 2), max(1, self.height // 2)
