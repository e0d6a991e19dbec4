"""Two transactions at once, where a process has one to spare: PostgreSQL works by itself on each.

What must keep its order belongs into one of them.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from threading import BoundedSemaphore
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

#: One more of a process, however many streams it takes in: of its pool, which has a connection for
#: each of its threads and two besides, clicks must always find one.
SECOND = BoundedSemaphore(1)


def side_by_side(act: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """Return what ``act`` makes of each of one or two items; of two at once, if a lane is free.

    Nothing goes on when this has ended. Raises what ``act`` raises, of the first item if of both.
    """
    if len(items) == 1 or not SECOND.acquire(blocking=False):
        return [act(item) for item in items]
    first, second = items
    try:
        with ThreadPoolExecutor(1, "second lane") as lane:
            other = lane.submit(copy_context().run, act, second)
            results = [act(first)]
        return [*results, other.result()]
    finally:
        SECOND.release()
