"""Which broker to try next, and after which pause."""

import random
from collections.abc import Sequence
from urllib.parse import urlsplit

#: The first and the longest pause, in seconds, before the same broker is tried again.
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
#: Without any confirm for this long, a broker has lost its quorum or a queue: try the next. Twice
#: as long each time, up to eight times: what is sent again may arrive twice.
PATIENCE = 15.0


def pause(attempt: int) -> float:
    """Return seconds to wait before the given attempt (0: none): exponential, with jitter."""
    if attempt <= 0:
        return 0.0
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(attempt - 1, 16))
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - jitter


class Brokers:
    """The brokers in turn: the next one at once, a pause after each round in which all failed."""

    def __init__(self, urls: Sequence[str]) -> None:
        if not urls:
            raise ValueError("a publisher needs the URL of a broker")
        self._urls = list(urls)
        self._turn = 0
        self._failures = 0
        self._silences = 0

    @property
    def url(self) -> str:
        """The broker whose turn it is."""
        return self._urls[self._turn]

    @property
    def name(self) -> str:
        """Host and port of the broker: what may be logged of its URL."""
        parts = urlsplit(self.url)
        return f"{parts.hostname}:{parts.port or 5672}"

    def failed(self) -> float:
        """Go on to the next broker; return the seconds to wait before trying it."""
        self._turn = (self._turn + 1) % len(self._urls)
        self._failures += 1
        rounds, rest = divmod(self._failures, len(self._urls))
        return 0.0 if rest else pause(rounds)

    def connected(self) -> None:
        """Note that the broker takes connections: the next failure is the first again."""
        self._failures = 0

    def confirmed(self) -> None:
        """Note that the broker confirms."""
        self._failures = self._silences = 0

    @property
    def patience(self) -> float:
        """How many seconds to wait for a confirm while none comes."""
        return PATIENCE * 2.0 ** min(self._silences, 3)

    def silent(self) -> None:
        """Note that the broker did not confirm for as long as we had patience."""
        self._silences += 1
