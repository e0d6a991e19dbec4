"""How many rows a transaction takes: as many as are done while nobody minds waiting for them."""

import time
from collections.abc import Iterable, Iterator
from itertools import islice

from crm_service.retention.steps import Due

#: How long a transaction is meant to take, in seconds: a click by one of its people waits for it.
LASTS = 0.5

#: Rows of the first transaction, and of any.
FIRST, LEAST = 100, 100


def batches(rows: Iterable[Due], most: int) -> Iterator[list[Due]]:
    """Yield ``rows`` in batches of at most ``most``, each as large as the last one's time allows.

    What the caller does with a batch before it takes the next is what is timed.
    """
    size, left = min(FIRST, most), iter(rows)
    while batch := list(islice(left, size)):
        began = time.monotonic()
        yield batch
        took = max(time.monotonic() - began, 0.001)
        fits = int(len(batch) * LASTS / took)
        size = min(max(fits, LEAST), 2 * size, most)
