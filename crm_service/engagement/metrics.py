"""What webhooks tell Prometheus. Labels are of short lists: no ids, no addresses (rule 39)."""

from prometheus_client import Counter

EVENTS = Counter(
    "crm_webhook_events", "Events that providers delivered, by outcome", ["provider", "outcome"]
)
REFUSED = Counter(
    "crm_webhook_refused", "Deliveries that were not proven, by reason", ["provider", "reason"]
)
