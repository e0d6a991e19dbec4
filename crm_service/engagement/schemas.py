"""Shapes of events taken in, over HTTP. ``generic.read`` is what reads them."""

import marshmallow as ma
from marshmallow import fields, validate

MAX_EVENTS = 10_000

_EVENT = {
    "event_id": "9d1f-0001",
    "type": "clicked",
    "email": "mari@example.com",
    "occurred_at": "2026-11-03T09:15:00Z",
    "message_id": "m-20261103-1",
    "campaign": "spring-offer",
    "topic": "news",
    "url": "https://example.com/spring",
    "user_agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)",
}
_MEANING = (
    "What became of messages, each an object. Required: `event_id` (unique: what repeats it is a "
    "duplicate), `type` (queued, sent, rejected, failed, bounced, deferred, delivered, "
    "autoresponded, opened, clicked, complained, unsubscribed, subscribed; anything else is stored "
    "as unknown), `occurred_at` (RFC 3339) and either `email` or `contact_id`. Optional: "
    "`message_id`, `campaign`, `topic` (slug), `bounce` (hard or soft; hard where it is not said), "
    "`reason`, `description`, `mta_response`, `url`, `user_agent`, `ip_prefix`, `tags`, "
    "`metadata`, `machine` (true: no person did it), `raw`. Other fields are left out."
)


class NewEngagementEvents(ma.Schema):
    """Events to take in; a bad one is reported and costs no other one."""

    events = fields.List(
        fields.Raw(metadata={"example": _EVENT}),
        required=True,
        validate=validate.Length(0, MAX_EVENTS),
        metadata={"description": _MEANING, "example": [_EVENT]},
    )


class RejectedEvent(ma.Schema):
    """An event that was not stored."""

    index = fields.Integer(
        required=True, metadata={"description": "its place among those sent, from 0", "example": 3}
    )
    code = fields.String(required=True, metadata={"example": "invalid_address"})
    detail = fields.String(
        required=True, metadata={"example": "this is not a usable address (syntax)"}
    )


class EngagementReceipt(ma.Schema):
    """What became of the events."""

    accepted = fields.Integer(required=True, metadata={"example": 498})
    duplicates = fields.Integer(
        required=True, metadata={"description": "seen before; without any effect now", "example": 1}
    )
    rejected = fields.List(
        fields.Nested(RejectedEvent),
        required=True,
        metadata={"description": "the first 10,000 that were not stored"},
    )
    rejected_count = fields.Integer(required=True, metadata={"example": 1})
