"""How far the outbox and the feed are behind, measured once a second; alarms in the log."""

import time
from collections import deque

import structlog

from crm_service.db import Connection
from crm_service.outbox import metrics

INTERVAL_SECONDS = 1.0
#: From here on, a stalled feed is said in the log as well, once a minute.
ALARM_SECONDS = 60.0

_MEASURE = """
SELECT pg_snapshot_xmin(snapshot)::text::bigint, pg_snapshot_xmax(snapshot)::text::bigint,
    (SELECT extract(epoch FROM clock_timestamp() - recorded_at) FROM outbox
     WHERE quarantined_at IS NULL ORDER BY position LIMIT 1),
    (SELECT count(*) FROM outbox WHERE quarantined_at IS NOT NULL),
    (SELECT extract(epoch FROM clock_timestamp() - recorded_at)
     FROM outbox_express JOIN outbox USING (position)
     WHERE quarantined_at IS NULL ORDER BY position LIMIT 1)
FROM pg_current_snapshot() AS snapshot
"""

log = structlog.get_logger(__name__)


class FeedLag:
    """How old the newest moment is whose transactions have all ended.

    Readers by (xid, position) below the oldest running transaction see everything up to there. One
    long writer, of any database of the server, holds them all back.
    """

    def __init__(self) -> None:
        self._moments: deque[tuple[float, int]] = deque(maxlen=100_000)

    def observe(self, now: float, xmin: int, xmax: int) -> float:
        """Return the lag in seconds: every transaction below ``xmin`` has ended."""
        self._moments.append((now, xmax))
        while len(self._moments) > 1 and self._moments[1][1] <= xmin:
            self._moments.popleft()
        at, limit = self._moments[0]
        return now - at if limit <= xmin or len(self._moments) > 1 else 0.0


class Gauges:
    """Sets the gauges when they are due."""

    def __init__(self) -> None:
        self._lag = FeedLag()
        self._due = 0.0
        self._alarm_due = 0.0

    def measure(self, connection: Connection) -> None:
        """Measure, at most once a second."""
        now = time.monotonic()
        if now < self._due:
            return
        self._due = now + INTERVAL_SECONDS
        row = connection.execute(_MEASURE).fetchone()
        if row is None:  # pragma: no cover - the statement returns one row
            return
        xmin, xmax, age, quarantined, express_age = row
        lag = self._lag.observe(now, xmin, xmax)
        metrics.FEED_LAG.set(lag)
        metrics.PENDING_AGE.set(max(0.0, float(age or 0)))
        metrics.EXPRESS_AGE.set(max(0.0, float(express_age or 0)))
        metrics.IN_QUARANTINE.set(quarantined)
        if lag > ALARM_SECONDS and now >= self._alarm_due:
            self._alarm_due = now + ALARM_SECONDS
            log.error("feed_stalled", seconds=round(lag))
