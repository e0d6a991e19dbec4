"""What the operator should watch of sealing."""

from prometheus_client import Counter, Gauge

SEALED_ENTRIES = Counter("crm_sealed_entries", "Entries put under a seal", ["log"])
#: Rises while a long-running transaction keeps entries from being sealed, and the feed waiting.
HELD_BACK = Gauge(
    "crm_seal_held_back_seconds",
    "Age of the oldest entry that a running transaction keeps from being sealed",
    multiprocess_mode="mostrecent",
)
