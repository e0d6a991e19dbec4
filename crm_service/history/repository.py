"""SQL of the timeline, put together from its sources."""

from collections.abc import Sequence
from functools import cache

from crm_service.history.sources import Source

#: Newest first. Every source gives no more than a page, by its own indexes.
_ONE = """(
SELECT '{kind}' AS kind, source.at, source.id, {step} AS step, source.what,
    jsonb_strip_nulls(source.details) AS details
FROM ({select}) AS source
WHERE (%(since)s::timestamptz IS NULL OR source.at >= %(since)s)
    AND (%(until)s::timestamptz IS NULL OR source.at < %(until)s)
    AND (%(before)s::timestamptz IS NULL
         OR (source.at, source.id, {step})
            < (%(before)s::timestamptz, %(before_id)s::uuid, %(before_step)s))
ORDER BY source.at DESC, source.id DESC, step DESC LIMIT %(limit)s)"""


@cache
def timeline(sources: Sequence[Source]) -> str:
    """Return the statement that merges these sources."""
    merged = "\nUNION ALL\n".join(_one(source) for source in sources)
    return f"""SELECT * FROM ({merged}) AS merged
ORDER BY at DESC, id DESC, step DESC LIMIT %(limit)s"""  # noqa: S608 - constant text


def _one(source: Source) -> str:
    step = "source.step" if source.has_steps else "0"
    return _ONE.format(kind=source.kind, select=source.select, step=step)
