"""Since when a refusal stands, as exports of senders write it."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from crm_service.transfers import times

#: An address cannot have refused before: zero dates stand for "not known".
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: 9 to 11 digits are seconds, 12 to 14 milliseconds.
_UNIX = re.compile(r"\d{9,14}(?:\.\d+)?")
_SECONDS_DIGITS = 11
_ZERO_YEAR = re.compile(r"[A-Za-z] 0\d{3}\b")
_SPACE_BEFORE_OFFSET = re.compile(r"\s+(?=[+-]\d\d:?\d\d$)")


def parse(text: str, now: datetime) -> datetime | None:
    """Return the moment, in UTC and not after ``now``; None where the text is none for certain.

    Understood are ISO 8601, seconds and milliseconds since 1970 (SendGrid), RFC 5322 (Mailgun), the
    spelling of Go (listmonk) and what ``times.parse`` reads. Without an offset it is UTC.
    """
    text = text.strip()
    moment = _unix(text) or _written(text)
    if moment is None or moment < EARLIEST:
        return None
    return min(moment, now)


def _unix(text: str) -> datetime | None:
    if not _UNIX.fullmatch(text):
        return None
    whole = text.partition(".")[0]
    factor = 1 if len(whole) <= _SECONDS_DIGITS else 1000
    try:
        return _EPOCH + timedelta(seconds=float(text) / factor)
    except OverflowError:
        return None


def _written(text: str) -> datetime | None:
    if text[:3].isalpha():
        return _rfc5322(text)
    plain = _SPACE_BEFORE_OFFSET.sub("", text.removesuffix(" UTC"))
    return times.parse(plain, UTC)


def _rfc5322(text: str) -> datetime | None:
    if _ZERO_YEAR.search(text):  # Mailgun's "not known", which would be read as 2001
        return None
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
