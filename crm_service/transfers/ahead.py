"""Working ahead: one thread reads and checks rows while another waits for the database."""

import gc
import queue
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Lock, Thread
from typing import Generic, TypeVar

Item = TypeVar("Item")
Value = TypeVar("Value")

_PATIENCE = 0.1
#: The thread that reads ahead must not keep the one that talks to the database waiting.
_SWITCH_SECONDS = 0.001


class _Shared(Generic[Value]):
    """A setting of the whole process, for as long as anybody needs it.

    Streams and imports overlap in any order. If each put back what it had found, the last one to
    end would leave the process with the setting of one that had ended before.
    """

    def __init__(
        self, get: Callable[[], Value], put: Callable[[Value], object], value: Value
    ) -> None:
        self._get, self._put, self._value = get, put, value
        self._lock = Lock()
        self._users = 0
        self._before = value

    @contextmanager
    def held(self) -> Iterator[None]:
        """Set it for the first who needs it, and put it back behind the last one."""
        with self._lock:
            if self._users == 0:
                self._before = self._get()
                self._put(self._value)
            self._users += 1
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                if self._users == 0:
                    self._put(self._before)


_SWITCHING = _Shared(sys.getswitchinterval, sys.setswitchinterval, _SWITCH_SECONDS)
_COLLECTING = _Shared(
    gc.get_threshold, lambda thresholds: gc.set_threshold(*thresholds), (100_000, 50, 100)
)


class _Failure:
    def __init__(self, error: BaseException) -> None:
        self.error = error


class _End:
    pass


class _Ahead(Generic[Item]):
    def __init__(self, items: Iterator[Item], depth: int) -> None:
        self._items = items
        self._ready: queue.Queue[Item | _Failure | _End] = queue.Queue(depth)
        self._stop = Event()
        self._thread = Thread(target=self._work, name="reading ahead", daemon=True)
        self._thread.start()

    def _work(self) -> None:
        try:
            for item in self._items:
                if not self._put(item):
                    return
            self._put(_End())
        except BaseException as error:  # noqa: BLE001 - raised again where the items are used
            self._put(_Failure(error))

    def _put(self, item: Item | _Failure | _End) -> bool:
        while not self._stop.is_set():
            try:
                self._ready.put(item, timeout=_PATIENCE)
            except queue.Full:
                continue
            return True
        return False

    def __iter__(self) -> Iterator[Item]:
        while True:
            item = self._ready.get()
            if isinstance(item, _Failure):
                raise item.error
            if isinstance(item, _End):
                return
            yield item

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()


@contextmanager
def ahead(items: Iterator[Item], depth: int = 2) -> Iterator[Iterator[Item]]:
    """Yield the items, at most ``depth`` of them made before they are asked for.

    What making them raises is raised where they are used. The thread has ended when the block has.
    """
    with _SWITCHING.held():
        working = _Ahead(items, depth)
        try:
            yield iter(working)
        finally:
            working.stop()


@contextmanager
def few_collections() -> Iterator[None]:
    """Let the collector of cycles run seldom: rows make none, and are many.

    Looking for cycles among them would take a third of an import's time.
    """
    with _COLLECTING.held():
        yield
