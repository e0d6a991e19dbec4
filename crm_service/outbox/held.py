"""Which positions of the outbox are in hand: given to the publisher and not settled yet."""


class Held:
    """Positions by lane, each with the version of its row that was read."""

    def __init__(self) -> None:
        self._lanes: dict[str, dict[int, str]] = {}
        self._size = 0

    def __len__(self) -> int:
        """Return how many positions are in hand."""
        return self._size

    def positions(self) -> list[int]:
        """Return every position in hand."""
        return [position for lane in self._lanes.values() for position in lane]

    def depth(self, lane: str) -> int:
        """Return how many positions of a lane are in hand."""
        return len(self._lanes.get(lane, ()))

    def deeper_than(self, depth: int) -> list[str]:
        """Return the lanes of which more than ``depth`` are in hand."""
        return [name for name, lane in self._lanes.items() if len(lane) > depth]

    def add(self, lane: str, position: int, version: str) -> None:
        """Take a position in hand."""
        self._lanes.setdefault(lane, {})[position] = version
        self._size += 1

    def version(self, lane: str, position: int) -> str:
        """Return the version of the row that was read."""
        return self._lanes[lane][position]

    def release(self, lane: str, position: int) -> None:
        """Let a position go, if it is in hand."""
        positions = self._lanes.get(lane, {})
        if positions.pop(position, None) is None:
            return
        self._size -= 1
        if not positions:
            del self._lanes[lane]

    def release_lane(self, lane: str) -> None:
        """Let every position of a lane go."""
        self._size -= len(self._lanes.pop(lane, ()))
