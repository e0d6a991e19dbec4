"""How long a permission lasts: calendar arithmetic in the policy's time zone (rule 20).

A term is evaluated when it is read: at its end, to the microsecond, the answer is no. SQL does
it with ``TERM_END``; ``term_end`` is its twin in Python, and a property test holds them together.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

#: The SQL expression of a term's end; to be filled in with the names of three columns or values.
#: ``anchor`` is a timestamptz, ``period`` an interval or its text, ``timezone`` a text.
TERM_END = "(({anchor} AT TIME ZONE {timezone} + {period}::interval) AT TIME ZONE {timezone})"

_PERIOD = re.compile(
    r"P(?=\d)(?:(?P<years>\d{1,3})Y)?(?:(?P<months>\d{1,4})M)?"
    r"(?:(?P<weeks>\d{1,4})W)?(?:(?P<days>\d{1,5})D)?",
    re.ASCII,
)


@dataclass(frozen=True)
class Term:
    """How long a permission lasts: ``months``, then ``days``."""

    months: int
    days: int

    @property
    def interval(self) -> str:
        """The period as PostgreSQL reads it."""
        return f"{self.months} months {self.days} days"


def parse_period(text: str) -> Term:
    """Return an ISO 8601 period of years, months, weeks and days; raises ``ValueError``."""
    match = _PERIOD.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a period such as P5Y, P18M or P90D")
    years, months, weeks, days = (int(part or 0) for part in match.groups())
    return Term(months=12 * years + months, days=7 * weeks + days)


def term_end(anchor: datetime, period: str, timezone: str) -> datetime:
    """Return the first moment at which a term counted from ``anchor`` is over, in UTC.

    A day that the month lacks is its last one: 29 February and five years is 28 February. A local
    time that the clocks skip is taken by the offset before the change, one that occurs twice by the
    offset after it: PostgreSQL's reading.
    """
    term = parse_period(period)
    zone = ZoneInfo(timezone)
    local = anchor.astimezone(zone).replace(tzinfo=None, fold=0)
    ended = _add_months(local, term.months) + timedelta(days=term.days)
    readings = [ended.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    return max(readings)


def last_day(day: date, period: str) -> date:
    """Return the last day of a term counted from ``day``, which does not count itself.

    Regulation 1182/71, Art. 3(2)(c): it ends with the same date, or with the last day of a month
    that lacks it.
    """
    term = parse_period(period)
    return (_add_months(datetime.combine(day, time()), term.months) + timedelta(term.days)).date()


def term_start(end: datetime, period: str, timezone: str) -> datetime:
    """Return the moment one period before ``end`` by the calendar of the time zone, in UTC."""
    term = parse_period(period)
    zone = ZoneInfo(timezone)
    local = end.astimezone(zone).replace(tzinfo=None, fold=0)
    began = _add_months(local, -term.months) - timedelta(days=term.days)
    return began.replace(tzinfo=zone).astimezone(UTC)


def _add_months(local: datetime, months: int) -> datetime:
    years, month_index = divmod(local.month - 1 + months, 12)
    year, month = local.year + years, month_index + 1
    last_day = calendar.monthrange(year, month)[1]
    return local.replace(year=year, month=month, day=min(local.day, last_day))
