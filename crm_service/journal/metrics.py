"""What the operator should watch of the journal."""

from prometheus_client import Counter, Gauge

LINES = Counter("crm_journal_lines", "Lines written to the journal of erasures and refusals")
#: Told by the web processes from what the database remembers: where no worker runs it rises, too.
AGE = Gauge(
    "crm_journal_age_seconds",
    "Seconds since the worker last wrote the journal or found nothing to write",
    multiprocess_mode="livemostrecent",
)
