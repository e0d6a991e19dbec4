"""Due dates against an oracle that shares no line with what it judges (rule 32)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_service.policies.rights import Period
from crm_service.rights.deadlines import WorkCalendar, due

TALLINN = WorkCalendar("Europe/Tallinn", "EE")
DAYS = st.dates(date(2024, 1, 1), date(2032, 12, 31))
DAY = timedelta(days=1)
#: Pühade ja tähtpäevade seadus § 2: month, day; and what goes by Easter.
FIXED = {(1, 1), (2, 24), (5, 1), (6, 23), (6, 24), (8, 20), (12, 24), (12, 25), (12, 26)}


def easter(year: int) -> date:
    """Easter Sunday by Gauss's method for 1900 to 2099."""
    moon = (19 * (year % 19) + 24) % 30
    sunday = (2 * (year % 4) + 4 * (year % 7) + 6 * moon + 5) % 7
    march = 22 + moon + sunday
    if (moon, sunday) == (29, 6) or ((moon, sunday) == (28, 6) and year % 19 > 10):
        march -= 7
    return date(year, 3, 1) + timedelta(days=march - 1)


def works(day: date) -> bool:
    sunday = easter(day.year)
    movable = {sunday - 2 * DAY, sunday, sunday + 49 * DAY}
    return day.isoweekday() <= 5 and (day.month, day.day) not in FIXED and day not in movable


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 10, tzinfo=UTC)


@pytest.mark.rule(32)
@pytest.mark.clause("ee-13")
@settings(deadline=None)
@given(DAYS, st.integers(1, 30))
def test_working_days_are_counted_after_the_day_of_receipt(received_on: date, count: int) -> None:
    until = due(TALLINN, noon(received_on), Period("working_days", count))

    between = [received_on + n * DAY for n in range(1, (until.target - received_on).days + 1)]
    assert works(until.target)
    assert sum(map(works, between)) == count


@pytest.mark.rule(32)
@settings(deadline=None)
@given(DAYS, st.integers(1, 366))
def test_days_end_on_a_working_day_and_are_shown_as_they_fall(day: date, count: int) -> None:
    until = due(TALLINN, noon(day), Period("days", count))

    assert until.target == day + count * DAY
    assert works(until.legal_end)
    assert not any(works(until.target + n * DAY) for n in _gap(until.target, until.legal_end, day))


def _gap(target: date, legal_end: date, received_on: date) -> list[int]:
    """Days that were skipped: none worked, unless two working days had to be made up."""
    within = [received_on + n * DAY for n in range(1, (legal_end - received_on).days + 1)]
    if target - received_on > DAY and sum(map(works, within)) == 2:
        return []
    return list(range((legal_end - target).days))


@pytest.mark.rule(32)
@settings(deadline=None)
@given(DAYS, st.integers(1, 24))
def test_months_end_on_the_same_date_or_the_last_of_a_shorter_month(day: date, count: int) -> None:
    until = due(TALLINN, noon(day), Period("months", count))

    month = (day.year * 12 + day.month - 1) + count
    assert (until.target.year * 12 + until.target.month - 1) == month
    assert until.target.day == day.day or (
        until.target.day < day.day and (until.target + DAY).day == 1
    )


@pytest.mark.rule(32)
@settings(deadline=None)
@given(DAYS, st.integers(0, 40), st.integers(0, 40))
def test_a_clock_that_stood_still_for_days_moves_the_end_by_as_many(
    day: date, before: int, length: int
) -> None:
    begin = day + before * DAY
    pause = (begin, begin + length * DAY)

    plain = due(TALLINN, noon(day), Period("days", 60))
    paused = due(TALLINN, noon(day), Period("days", 60), pauses=[pause])
    working = due(TALLINN, noon(day), Period("working_days", 60), pauses=[pause])

    assert (paused.target - plain.target).days == length
    counted = [day + n * DAY for n in range(1, (working.target - day).days + 1)]
    assert sum(works(one) for one in counted if not pause[0] < one <= pause[1]) == 60


@pytest.mark.rule(32)
@pytest.mark.parametrize(
    ("received_at", "period", "target", "legal_end"),
    [
        ("2026-01-31T12:00:00Z", ("months", 1), "2026-02-28", "2026-03-02"),
        ("2028-01-31T12:00:00Z", ("months", 1), "2028-02-29", "2028-02-29"),
        ("2026-03-05T12:00:00Z", ("months", 1), "2026-04-05", "2026-04-06"),
        ("2026-12-16T12:00:00Z", ("working_days", 7), "2026-12-29", "2026-12-29"),
        ("2026-06-20T12:00:00Z", ("working_days", 7), "2026-07-02", "2026-07-02"),
        # Half past ten in the evening in UTC is the next day in Tallinn.
        ("2026-11-30T22:30:00Z", ("days", 14), "2026-12-15", "2026-12-15"),
        ("2026-11-30T21:30:00Z", ("days", 14), "2026-12-14", "2026-12-14"),
        # Two days from a Friday have to have two working days.
        ("2026-11-20T12:00:00Z", ("days", 2), "2026-11-22", "2026-11-24"),
        ("2026-11-20T12:00:00Z", ("days", 1), "2026-11-21", "2026-11-23"),
    ],
)
def test_well_known_cases(
    received_at: str, period: tuple[str, int], target: str, legal_end: str
) -> None:
    until = due(TALLINN, datetime.fromisoformat(received_at), Period(*period))

    assert (str(until.target), str(until.legal_end)) == (target, legal_end)


@pytest.mark.rule(32)
@pytest.mark.clause("si-17")
def test_one_month_and_two_more_are_three_from_the_receipt() -> None:
    ptuj = WorkCalendar("Europe/Ljubljana", "SI")
    received_at = datetime(2026, 11, 30, 12, tzinfo=UTC)

    until = due(ptuj, received_at, Period("months", 1), extension=Period("months", 2))
    mixed = due(ptuj, received_at, Period("days", 15), extension=Period("months", 2))

    assert str(until.target) == "2027-02-28"
    assert (str(mixed.target), str(mixed.legal_end)) == ("2027-02-15", "2027-02-15")


@pytest.mark.parametrize(
    ("country", "day"),
    [("NO", "2027-05-17"), ("SE", "2026-05-14"), ("SI", "2027-02-08"), ("EE", "2026-06-23")],
)
def test_public_holidays_are_those_of_the_country(country: str, day: str) -> None:
    assert not WorkCalendar("Europe/Oslo", country).is_working(date.fromisoformat(day))


def test_without_a_country_weekends_alone_are_no_working_days() -> None:
    plain = WorkCalendar("Europe/Tallinn", None)

    assert plain.is_working(date(2026, 12, 25))
    assert not plain.is_working(date(2026, 12, 26))


def test_the_last_day_ends_at_midnight_of_the_controllers_clock() -> None:
    ends_at = TALLINN.end_of(date(2026, 3, 28))

    assert ends_at == datetime(2026, 3, 29, tzinfo=ZoneInfo("Europe/Tallinn"))
    assert ends_at.utcoffset() == timedelta()
