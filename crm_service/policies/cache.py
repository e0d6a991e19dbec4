"""What a process remembers of committed, unchangeable rows: the oldest is forgotten first."""

import uuid
from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Remembered(Generic[Value]):
    """A bounded memory by controller and name, safe among threads."""

    def __init__(self, size: int = 1024) -> None:
        self._size = size
        self._lock = Lock()
        self._values: dict[tuple[uuid.UUID, Hashable], Value] = {}

    def get(self, controller_id: uuid.UUID, name: Hashable) -> Value | None:
        """Return what is remembered, or None."""
        return self._values.get((controller_id, name))

    def put(self, controller_id: uuid.UUID, name: Hashable, value: Value) -> None:
        """Remember ``value``, forgetting the oldest one where memory is full."""
        with self._lock:
            if len(self._values) >= self._size:
                self._values.pop(next(iter(self._values)))
            self._values[controller_id, name] = value
