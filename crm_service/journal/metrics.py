"""What the operator should watch of the journal."""

from prometheus_client import Counter

LINES = Counter("crm_journal_lines", "Lines written to the journal of erasures and refusals")
