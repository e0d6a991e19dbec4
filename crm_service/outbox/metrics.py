"""What the relay tells Prometheus. Labels are event types: no ids, no personal data (rule 39)."""

from prometheus_client import Counter, Gauge

PUBLISHED = Counter("crm_events_published", "Events that the broker confirmed, by type", ["type"])
UNROUTABLE = Counter(
    "crm_events_unroutable", "Events that no queue was bound for, by type", ["type"]
)
QUARANTINED = Counter("crm_events_quarantined", "Events set aside as poisonous, by type", ["type"])
IN_QUARANTINE = Gauge(
    "crm_outbox_in_quarantine",
    "Events in quarantine now; each holds back later ones of its subject",
    multiprocess_mode="livemax",
)
PENDING_AGE = Gauge(
    "crm_outbox_pending_age_seconds",
    "Age of the oldest event that waits for the broker; 0 when none waits",
    multiprocess_mode="livemax",
)
EXPRESS_AGE = Gauge(
    "crm_outbox_express_age_seconds",
    "Age of the oldest event that somebody waits for, such as an opt-out; 0 when none waits",
    multiprocess_mode="livemax",
)
FEED_LAG = Gauge(
    "crm_events_feed_lag_seconds",
    "How long an open transaction has been holding back GET /v1/events and the seals",
    multiprocess_mode="livemax",
)
ACTIVE = Gauge(
    "crm_relay_active", "1 where this process is the active relay", multiprocess_mode="livemax"
)
