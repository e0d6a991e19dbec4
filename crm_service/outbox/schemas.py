"""Shapes of the event feed over HTTP. The events' own schemas are in the folder ``schemas``."""

import marshmallow as ma

from crm_service.web.paging import DEFAULT_LIMIT, MAX_LIMIT

EVENT_TYPE = r"^[a-z_]{1,60}(\.[a-z_]{1,60}){1,4}\.v[0-9]{1,3}\Z"


class FeedQuery(ma.Schema):
    """Where to read on, how much, and of which types."""

    after = ma.fields.String(
        load_default=None,
        validate=ma.validate.Length(1, 1024),
        metadata={"description": "`next_cursor` of the call before; the oldest events without it"},
    )
    limit = ma.fields.Integer(
        load_default=DEFAULT_LIMIT,
        validate=ma.validate.Range(1, MAX_LIMIT),
        metadata={"description": "how many events at most"},
    )
    type = ma.fields.List(
        ma.fields.String(validate=ma.validate.Regexp(EVENT_TYPE)),
        load_default=None,
        validate=ma.validate.Length(1, 50),
        metadata={
            "description": "events of this type only; may be repeated",
            "example": ["consent.withdrawn.v1"],
        },
    )


class CloudEvent(ma.Schema):
    """One event (CloudEvents 1.0, JSON format), as it goes to RabbitMQ."""

    specversion = ma.fields.String(required=True, validate=ma.validate.Equal("1.0"))
    id = ma.fields.UUID(required=True, metadata={"description": "deduplicate by this"})
    type = ma.fields.String(required=True, metadata={"example": "consent.withdrawn.v1"})
    source = ma.fields.String(required=True, metadata={"example": "/controllers/demo"})
    subject = ma.fields.UUID(
        metadata={"description": "the subject's id; absent where the controller itself changed"}
    )
    time = ma.fields.String(required=True, metadata={"format": "date-time"})
    datacontenttype = ma.fields.String(
        required=True, validate=ma.validate.Equal("application/json")
    )
    controller = ma.fields.String(required=True, metadata={"example": "demo"})
    sequence = ma.fields.String(
        required=True,
        validate=ma.validate.Regexp(r"^[0-9]{20}\Z"),
        metadata={"description": "increases with every event of one subject; compare as text"},
    )
    correlation = ma.fields.UUID(
        required=True, metadata={"description": "shared by all events of one happening"}
    )
    data = ma.fields.Dict(required=True)


class EventPage(ma.Schema):
    """A page of events, the oldest first."""

    items = ma.fields.List(ma.fields.Nested(CloudEvent), required=True)
    next_cursor = ma.fields.String(
        required=True,
        metadata={"description": "where to read on; always given, also when nothing new is there"},
    )
