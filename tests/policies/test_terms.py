from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.rows import TupleRow

from crm_service.policies.terms import TERM_END, Term, parse_period, term_end

ZONES = [
    "Europe/Tallinn",
    "Europe/Oslo",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "UTC",
]


def local(text: str, timezone: str = "Europe/Tallinn") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(timezone))


@pytest.mark.rule(20)
@pytest.mark.parametrize(
    ("anchor", "period", "end"),
    [
        ("2024-02-29T12:00", "P5Y", "2029-02-28T12:00"),
        ("2024-02-29T12:00", "P4Y", "2028-02-29T12:00"),
        ("2026-01-31T09:30", "P1M", "2026-02-28T09:30"),
        ("2026-12-31T00:00", "P2M", "2027-02-28T00:00"),
        ("2026-01-31T00:00", "P1M1D", "2026-03-01T00:00"),
        ("2026-03-01T12:00", "P90D", "2026-05-30T12:00"),
        ("2026-03-01T12:00", "P2W", "2026-03-15T12:00"),
        ("2026-06-15T23:59:59.999999", "P1Y6M", "2027-12-15T23:59:59.999999"),
    ],
)
def test_a_term_ends_by_the_calendar(anchor: str, period: str, end: str) -> None:
    assert term_end(local(anchor), period, "Europe/Tallinn") == local(end)


@pytest.mark.rule(20)
def test_the_clock_of_the_policy_counts_not_utc() -> None:
    late_evening = datetime(2026, 1, 30, 23, 0, tzinfo=UTC)

    in_tallinn = term_end(late_evening, "P1M", "Europe/Tallinn")
    in_utc = term_end(late_evening, "P1M", "UTC")

    assert in_tallinn == local("2026-02-28T01:00")
    assert in_utc == datetime(2026, 2, 28, 23, 0, tzinfo=UTC)


def test_an_hour_that_the_clocks_skip_is_read_by_the_offset_before() -> None:
    end = term_end(local("2026-02-28T03:30"), "P29D", "Europe/Tallinn")

    assert end == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_an_hour_that_comes_twice_is_read_by_the_offset_after() -> None:
    end = term_end(local("2026-10-24T03:30"), "P1D", "Europe/Tallinn")

    assert end == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


@pytest.mark.rule(20)
@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    anchor=st.datetimes(datetime(1995, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis adds the zone
    years=st.integers(0, 20),
    months=st.integers(0, 40),
    weeks=st.integers(0, 60),
    days=st.integers(0, 800),
    timezone=st.sampled_from(ZONES),
)
def test_python_and_postgresql_agree_on_every_end(
    admin: psycopg.Connection[TupleRow],
    anchor: datetime,
    years: int,
    months: int,
    weeks: int,
    days: int,
    timezone: str,
) -> None:
    period = f"P{years}Y{months}M{weeks}W{days}D"
    expression = TERM_END.format(
        anchor="%(anchor)s::timestamptz", period="%(period)s", timezone="%(timezone)s::text"
    )
    facts = {"anchor": anchor, "period": parse_period(period).interval, "timezone": timezone}

    row = admin.execute(f"SELECT {expression}", facts).fetchone()

    assert row is not None
    assert row[0] == term_end(anchor, period, timezone)


@pytest.mark.parametrize(
    ("text", "months", "days"),
    [("P5Y", 60, 0), ("P18M", 18, 0), ("P90D", 0, 90), ("P2W", 0, 14), ("P1Y2M3W4D", 14, 25)],
)
def test_a_period_is_months_and_days(text: str, months: int, days: int) -> None:
    assert parse_period(text) == Term(months, days)


@pytest.mark.parametrize("text", ["", "P", "5Y", "P5", "PT5H", "P-5Y", "P5y", "P1D1Y", "P\u0665Y"])
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a period"):
        parse_period(text)
