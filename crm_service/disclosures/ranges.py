"""Cutting the space of address keys into ranges that hold about as many people each.

Address keys are keyed hashes, so they lie evenly: a range's width says how many it holds. No cursor
over rows is kept, and a range can be read again.
"""

_SPACE = 1 << 128
#: So few of a register of 100 million that the first batch is no burden.
_FIRST_WIDTH = _SPACE >> 12
_MOST_GROWTH = 16
_KEY_BYTES = 16


class Ranges:
    """Ranges from the lowest key to the highest, each adapted to what the one before held."""

    def __init__(self, wanted: int) -> None:
        self._wanted = wanted
        self._width = _FIRST_WIDTH
        self._start = 0

    @property
    def is_exhausted(self) -> bool:
        """Whether the highest key was reached."""
        return self._start >= _SPACE

    def next(self) -> tuple[bytes, bytes]:
        """Return the next range: its first and its last key, both included."""
        end = min(self._start + self._width, _SPACE)
        bounds = _key(self._start), _key(end - 1)
        self._start = end
        return bounds

    def held(self, count: int) -> None:
        """Take note of how many people the last range held."""
        growth = self._wanted / count if count else _MOST_GROWTH
        self._width = max(int(self._width * min(growth, _MOST_GROWTH)), 1)


def _key(number: int) -> bytes:
    return number.to_bytes(_KEY_BYTES, "big")
