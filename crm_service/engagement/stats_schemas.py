"""Shapes of statistics over HTTP."""

import marshmallow as ma
from marshmallow import fields, validate

_PEOPLE = {"description": "people; none where fewer than five did it", "example": 120}
_RATE = {"example": 0.0004}


def _number(example: int = 1) -> fields.Integer:
    return fields.Integer(required=True, metadata={"example": example})


def _rate() -> fields.Float:
    return fields.Float(required=True, allow_none=True, metadata=_RATE)


def _people() -> fields.Integer:
    return fields.Integer(required=True, allow_none=True, metadata=_PEOPLE)


class Engaged(ma.Schema):
    """People, and how often they did it."""

    unique = _number(210)
    total = _number(260)


class EngagedApart(ma.Schema):
    """What people did, and what machines did."""

    human = fields.Nested(Engaged, required=True)
    machine = fields.Nested(Engaged, required=True)


class Bounced(ma.Schema):
    """People whose mailboxes refused for good, or for the time being."""

    hard = _number(3)
    soft = _number(7)


class Rates(ma.Schema):
    """Shares of what was delivered; of bounces, of what was sent. None without any."""

    opened = _rate()
    clicked = _rate()
    complained = _rate()
    unsubscribed = _rate()
    bounced = _rate()


class CampaignStats(ma.Schema):
    """What became of a campaign's messages, in people."""

    campaign = fields.String(required=True)
    sent = _number(1000)
    delivered = _number(990)
    deferred = _number(12)
    rejected = _number(0)
    failed = _number(0)
    opened = fields.Nested(EngagedApart, required=True)
    clicked = fields.Nested(EngagedApart, required=True)
    bounced = fields.Nested(Bounced, required=True)
    complained = _number(0)
    unsubscribed = _number(4)
    rates = fields.Nested(Rates, required=True)
    complaint_standing = fields.String(
        required=True,
        validate=validate.OneOf(
            ("below_0.1_percent", "at_or_above_0.1_percent", "at_or_above_0.3_percent", "unknown")
        ),
        metadata={"description": "among Gmail's lines: stay under 0.1 %, never reach 0.3 %"},
    )


class TopicStatsQuery(ma.Schema):
    """Which month."""

    month = fields.String(
        load_default=None,
        validate=validate.Regexp(r"^20[0-9]{2}-(0[1-9]|1[0-2])\Z"),
        metadata={"description": "a calendar month; all there ever was without it"},
    )


class TopicPeople(ma.Schema):
    """People by what they did; machines are left out."""

    sent = _people()
    delivered = _people()
    opened = _people()
    clicked = _people()
    bounced = _people()
    complained = _people()
    unsubscribed = _people()


class TopicDevices(ma.Schema):
    """People by what they opened and clicked with."""

    mobile = _people()
    tablet = _people()
    desktop = _people()


class TopicStats(ma.Schema):
    """How many people a topic reached; groups under five are not shown, others in fives."""

    topic = fields.String(required=True)
    month = fields.String(required=True, allow_none=True, metadata={"example": "2026-11"})
    people = fields.Nested(TopicPeople, required=True)
    devices = fields.Nested(TopicDevices, required=True)
