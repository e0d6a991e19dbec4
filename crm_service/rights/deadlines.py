"""When a request must be answered (rule 32): pure calendar arithmetic.

A period runs from the day of receipt in the controller's time zone, which does not count itself.
Two days come of it: the ``target`` that is shown, and the ``legal_end``, which moves to the next
working day where the target is none (Regulation 1182/71, Art. 3(4)); a period of two days or more
has at least two working days (Art. 3(5)). GDPR Art. 12(3) for months: the same date, or the last
day of a month that lacks it.
"""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays as public_holidays

from crm_service.policies.document import Policy
from crm_service.policies.rights import Period

_DAY = timedelta(days=1)
_SATURDAY = 5

#: From one day, which does not count, to another, which does: the clock stood still.
Pause = tuple[date, date]


@dataclass(frozen=True)
class WorkCalendar:
    """The days of a policy: its time zone, and the public holidays of its country."""

    timezone: str
    country: str | None

    @classmethod
    def of(cls, policy: Policy) -> "WorkCalendar":
        """Return the calendar that a policy goes by."""
        return cls(policy.timezone, policy.holidays)

    def day_of(self, moment: datetime) -> date:
        """Return the controller's date at ``moment``."""
        return moment.astimezone(ZoneInfo(self.timezone)).date()

    def end_of(self, day: date) -> datetime:
        """Return the first moment after ``day``, in UTC."""
        midnight = datetime.combine(day + _DAY, time(), ZoneInfo(self.timezone))
        return midnight.astimezone(UTC)

    def is_working(self, day: date) -> bool:
        """Tell whether ``day`` is neither on a weekend nor a public holiday."""
        return day.weekday() < _SATURDAY and day not in _holidays(self.country, day.year)

    def working_day_from(self, day: date) -> date:
        """Return ``day``, or the next working day where it is none."""
        while not self.is_working(day):
            day += _DAY
        return day

    def after_working_days(self, day: date, count: int, pauses: Sequence[Pause] = ()) -> date:
        """Return the working day that is number ``count`` after ``day``, pauses left out."""
        while count:
            day += _DAY
            if self.is_working(day) and not any(begin < day <= end for begin, end in pauses):
                count -= 1
        return day


@dataclass(frozen=True)
class Due:
    """The day that is aimed at, and the last day on which the answer is in time."""

    target: date
    legal_end: date


def due(
    days: WorkCalendar,
    received_at: datetime,
    period: Period,
    *,
    extension: Period | None = None,
    pauses: Sequence[Pause] = (),
) -> Due:
    """Return when a request received at ``received_at`` must be answered.

    An extension in the same unit lengthens the period itself, so that one month and two are three;
    another is counted from where the period would have ended.
    """
    received_on = days.day_of(received_at)
    if extension is not None and extension.unit == period.unit:
        period, extension = Period(period.unit, period.count + extension.count), None
    target = _after(days, received_on, period, pauses)
    if extension is not None:
        target = _after(days, target, extension, ())
    legal_end = days.working_day_from(target)
    if target - received_on > _DAY:
        legal_end = max(legal_end, days.after_working_days(received_on, 2))
    return Due(target, legal_end)


def _after(days: WorkCalendar, day: date, period: Period, pauses: Sequence[Pause]) -> date:
    if period.unit == "working_days":
        return days.after_working_days(day, period.count, pauses)
    stood_still = sum(((end - begin) for begin, end in pauses), timedelta())
    if period.unit == "days":
        return day + timedelta(days=period.count) + stood_still
    return _add_months(day, period.count) + stood_still


def _add_months(day: date, count: int) -> date:
    years, index = divmod(day.month - 1 + count, 12)
    year, month = day.year + years, index + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


@lru_cache(maxsize=256)
def _holidays(country: str | None, year: int) -> frozenset[date]:
    if country is None:
        return frozenset()
    return frozenset(public_holidays.country_holidays(country, years=year))
