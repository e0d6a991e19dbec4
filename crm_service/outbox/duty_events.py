"""Events about what a controller has yet to do: how much of it, and no word about whom."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from crm_service.outbox.events import Event

#: What the fields mean that only these events have.
FIELDS: dict[str, dict[str, Any]] = {
    "due": {"description": "how many contacts are up for review", "minimum": 1, "examples": [12]},
    "overdue": {
        "description": "how many people should have been told by now",
        "minimum": 1,
        "examples": [12],
    },
    "owed": {
        "description": "how many people are to be told, those included",
        "minimum": 1,
        "examples": [40],
    },
    "unused_since": {
        "description": "nobody has used their data since",
        "examples": ["2025-11-20T08:15:30Z"],
    },
}


@dataclass(frozen=True, kw_only=True)
class InformationDutiesOverdue(Event):
    """People should have been told of data that did not come from them (GDPR Art. 14).

    At most once a day, and every day until nobody is left: `GET /v1/information-duties` says who.
    """

    type: ClassVar[str] = "information_duties.overdue.v1"
    is_of_controller: ClassVar[bool] = True
    overdue: int
    owed: int


@dataclass(frozen=True, kw_only=True)
class ReviewsDue(Event):
    """Contacts are up for the periodic review of what is no longer needed.

    At most once a day, and every day until none is left: `GET /v1/reviews/due` says which.
    """

    type: ClassVar[str] = "reviews.due.v1"
    is_of_controller: ClassVar[bool] = True
    due: int
    unused_since: datetime
