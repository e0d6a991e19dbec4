"""Moments as exports write them."""

import re
from datetime import UTC, datetime, tzinfo
from functools import lru_cache

_DAY_FIRST = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:[ T]+(\d{1,2}:\d{2}(?::\d{2})?))?")


@lru_cache(maxsize=4096)
def parse(text: str, zone: tzinfo) -> datetime | None:
    """Return the moment in UTC, or None where the text is no moment, or not one for certain.

    Understood are ISO 8601 and ``28.2.2026 14:05``; ``02/03/2026`` is not, for nobody knows which
    is the month. A moment without an offset is one in ``zone``.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        iso = _to_iso(text)
        if iso is None:
            return None
        try:
            moment = datetime.fromisoformat(iso)
        except ValueError:
            return None
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError:
        return None


def _to_iso(text: str) -> str | None:
    match = _DAY_FIRST.fullmatch(text)
    if match is None:
        return None
    day, month, year, time = match.groups()
    date = f"{year}-{int(month):02d}-{int(day):02d}"
    return f"{date}T{time.zfill(5) if len(time) < 6 else time.zfill(8)}" if time else date  # noqa: PLR2004 - 9:05 or 9:05:00
