"""Times as callers state them: aware, and such that Python and PostgreSQL both can hold them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import marshmallow as ma

from crm_service.clock import utcnow

#: No register is older; and whatever the offset, the time in UTC is within the calendar.
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(9999, 12, 30, tzinfo=UTC)

#: How far a caller's clock may run ahead.
CLOCK_SKEW = timedelta(minutes=5)


class Moment(ma.fields.AwareDateTime):
    """An RFC 3339 time from 1900 to 9999."""

    default_error_messages = {
        "outside": "must lie between 1900 and 9999",
        "ahead": "must not lie in the future",
    }

    def _deserialize(self, value: Any, *context: Any, **more: Any) -> datetime:
        moment = super()._deserialize(value, *context, **more)
        if not EARLIEST <= moment <= LATEST:
            raise self.make_error("outside")
        return moment


class PastMoment(Moment):
    """An RFC 3339 time that is not to come, but for the caller's clock running ahead."""

    def _deserialize(self, value: Any, *context: Any, **more: Any) -> datetime:
        moment = super()._deserialize(value, *context, **more)
        if moment > utcnow() + CLOCK_SKEW:
            raise self.make_error("ahead")
        return moment


class Day(ma.fields.Date):
    """An RFC 3339 date from 1900 to 9999."""

    default_error_messages = {"outside": "must lie between 1900 and 9999"}

    def _deserialize(self, value: Any, *context: Any, **more: Any) -> date:
        day: date = super()._deserialize(value, *context, **more)
        if not EARLIEST.date() <= day <= LATEST.date():
            raise self.make_error("outside")
        return day
