"""Which addresses a file has named already, for files of any size in little memory."""

import uuid
from array import array

_BUCKET_SHIFT = 112
_ENTRY_SHIFT = 48
_ENTRY_MASK = (1 << 64) - 1


class Seen:
    """A set of address keys that takes about nine bytes each.

    Keys are told apart by their first 80 bits: among ten million, the chance that any two are
    confused is below one in ten billion.
    """

    def __init__(self) -> None:
        self._buckets: dict[int, array[int]] = {}

    def add(self, key: uuid.UUID) -> bool:
        """Remember the key; return whether it was there before."""
        number = key.int
        entry = number >> _ENTRY_SHIFT & _ENTRY_MASK
        bucket = self._buckets.get(number >> _BUCKET_SHIFT)
        if bucket is None:
            self._buckets[number >> _BUCKET_SHIFT] = array("Q", (entry,))
            return False
        if entry in bucket:
            return True
        bucket.append(entry)
        return False
