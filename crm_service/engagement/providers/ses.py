"""Amazon SES over SNS: one message an event, for one or more recipients.

``eventType`` (event publishing) and ``notificationType`` (feedback notifications) say the same. An
open or click of a message to several people does not say who it was, so it is not kept.
https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

from collections.abc import Iterator, Sequence
from typing import Any

from crm_service.engagement.incoming import Incoming
from crm_service.engagement.providers import fields, settings, sns
from crm_service.engagement.providers.delivery import BadEvent, Delivery, Provider
from crm_service.engagement.providers.fields import SHORT, Fields

#: Type → the normalized type, the object with its details, the list of recipients in that.
_TYPES: dict[str, tuple[str, str, str]] = {
    "Send": ("sent", "send", ""),
    "Delivery": ("delivered", "delivery", "recipients"),
    "Bounce": ("bounced", "bounce", "bouncedRecipients"),
    "Complaint": ("complained", "complaint", "complainedRecipients"),
    "Reject": ("rejected", "reject", ""),
    "Open": ("opened", "open", ""),
    "Click": ("clicked", "click", ""),
    "Rendering Failure": ("failed", "failure", ""),
    "DeliveryDelay": ("deferred", "deliveryDelay", "delayedRecipients"),
    "Subscription": ("unsubscribed", "subscription", ""),
}
#: What one person did, of all to whom the message went.
_OF_ONE = frozenset({"opened", "clicked", "unsubscribed", "subscribed"})


def split(delivery: Delivery) -> Sequence[Any]:
    """Return the one event; none for what only concerns the subscription. Raises ``Unreadable``."""
    message = sns.envelope(delivery.body)
    if message.get("Type") != sns.NOTIFICATION:
        return []
    event = fields.read_json_or_none(str(message.get("Message")))
    # SES greets a new topic with a sentence.
    return [event] if isinstance(event, dict) else []


def read(item: Any, delivery: Delivery) -> Iterator[Incoming]:
    """Yield what the event says about each recipient. Raises ``BadEvent``."""
    event, message = Fields(item), Fields(sns.envelope(delivery.body))
    stated = event.text("eventType", "notificationType", limit=SHORT) or ""
    kind, name, list_name = _TYPES.get(stated, ("unknown", "", ""))
    detail, mail = event.inner(name), event.inner("mail")
    if kind == "unsubscribed":
        kind = _subscription(detail)
    people = _recipients(detail, list_name, mail)
    if len(people) > 1 and kind in _OF_ONE:
        raise BadEvent(
            "a message to several people: the event does not say which of them it is about",
            code="ambiguous_recipient",
        )
    published = message.text("MessageId", limit=80) or delivery.fingerprint(delivery.body)
    identity = f"{published}:{detail.text('feedbackId', limit=100) or ''}"
    for number, person in enumerate(people):
        yield _incoming(event, detail, mail, person, kind, f"{identity}:{number}", delivery)


def _recipients(detail: Fields, list_name: str, mail: Fields) -> list[Fields]:
    """Return the recipients with what is said of each. Raises ``BadEvent`` if there is none."""
    listed = detail.list(list_name) or mail.list("destination")
    people = [
        Fields(one if isinstance(one, dict) else {"emailAddress": one}) for one in listed[:50]
    ]
    if not people or any(fields.address(one.text("emailAddress")) is None for one in people):
        raise BadEvent("this event is about no recipient", code="no_recipient")
    return people


def _incoming(
    event: Fields,
    detail: Fields,
    mail: Fields,
    person: Fields,
    kind: str,
    event_id: str,
    delivery: Delivery,
) -> Incoming:
    own = {name: ", ".join(value) for name, value in _tags(mail).items()}
    occurred_at = detail.time("timestamp", "arrivalDate") or mail.time("timestamp")
    return Incoming(
        type=kind,
        occurred_at=occurred_at or delivery.now,
        event_id=event_id,
        source="ses",
        email=fields.address(person.text("emailAddress")),
        message_id=mail.text("messageId", limit=SHORT),
        campaign=own.get("campaign"),
        topic=_topic(detail, own, delivery),
        bounce=_bounce(kind, detail),
        reason=_reason(detail),
        description=detail.text("reason", "errorMessage", "complaintFeedbackType"),
        mta_response=person.text("diagnosticCode") or detail.text("smtpResponse"),
        url=detail.text("link"),
        user_agent=None if kind == "complained" else detail.text("userAgent"),
        tags=_tags(mail).get("ses:configuration-set", ()),
        metadata={name: value for name, value in own.items() if not name.startswith("ses:")},
        raw=event.mapping,
    )


def _tags(mail: Fields) -> dict[str, tuple[str, ...]]:
    tags = mail.inner("tags")
    return {name: tags.tags(name) for name in list(tags.mapping)[:50] if len(name) <= SHORT}


def _bounce(kind: str, detail: Fields) -> str | None:
    """Tell how hard a bounce is: Permanent, Transient or Undetermined."""
    if kind != "bounced":
        return None
    return "hard" if detail.text("bounceType") == "Permanent" else "soft"


def _reason(detail: Fields) -> str | None:
    parts = [
        detail.text(name, limit=SHORT)
        for name in ("bounceType", "bounceSubType", "complaintSubType", "delayType")
    ]
    return ": ".join(filter(None, parts)) or detail.text("reason", limit=SHORT)


def _subscription(detail: Fields) -> str:
    """Tell a leaving from a joining: one is only believed where nothing else can be meant."""
    new = detail.inner("newTopicPreferences")
    statuses = {one.text("subscriptionStatus") for one in new.objects("topicSubscriptionStatus")}
    left = new.is_true("unsubscribeAll") or statuses - {"OptIn"}
    return "unsubscribed" if left else "subscribed"


def _topic(detail: Fields, own: dict[str, str], delivery: Delivery) -> str | None:
    """Return the topic that was left, where one topic was; else what the sender's tag says."""
    topics: dict[str, str] = delivery.settings.get("topics", {})
    new = detail.inner("newTopicPreferences")
    left = [
        one.text("topicName") or ""
        for one in new.objects("topicSubscriptionStatus")
        if one.text("subscriptionStatus") != "OptIn"
    ]
    if left and not new.is_true("unsubscribeAll"):
        return topics.get(left[0]) if len(left) == 1 else None
    return own.get("topic")


PROVIDER = Provider(
    name="ses",
    verify=sns.verify,
    split=split,
    read=read,
    check_secret=None,
    check_settings=settings.accepting(
        "topic_arn",
        "auto_confirm",
        "signature_version",
        "max_age_seconds",
        "topics",
        required=("topic_arn",),
    ),
    media_types=frozenset({"text/plain", "application/json"}),
    subscription=sns.confirmation_token,
)
