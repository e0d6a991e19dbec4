"""SQL of the timeline, put together from its sources."""

from collections.abc import Sequence
from functools import cache

from crm_service.history.sources import Source

CONTACT = "SELECT FROM contacts WHERE controller_id = %(controller_id)s AND id = %(subject_id)s"

#: Newest first. Every source gives no more than a page, by its own indexes.
_ONE = """(
SELECT '{kind}' AS kind, source.at, source.id, source.what,
    jsonb_strip_nulls(source.details) AS details
FROM ({select}) AS source
WHERE (%(since)s::timestamptz IS NULL OR source.at >= %(since)s)
    AND (%(until)s::timestamptz IS NULL OR source.at < %(until)s)
    AND (%(before)s::timestamptz IS NULL
         OR (source.at, source.id) < (%(before)s::timestamptz, %(before_id)s::uuid))
ORDER BY source.at DESC, source.id DESC LIMIT %(limit)s)"""


@cache
def timeline(sources: Sequence[Source]) -> str:
    """Return the statement that merges these sources."""
    parts = [_ONE.format(kind=source.kind, select=source.select) for source in sources]
    merged = "\nUNION ALL\n".join(parts)
    return f"SELECT * FROM ({merged}) AS merged ORDER BY at DESC, id DESC LIMIT %(limit)s"  # noqa: S608 - constant text
