"""https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-examples.html."""

from typing import Any

from tests.engagement.webhooks.payloads import EMAIL, Case

_ID = "EXAMPLE7c191be45-e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000"
_FEEDBACK = "0102017b1234abcd-5678-4c0e-8d09-0123456789ab-000000"
_UA = "Mozilla/5.0 (iPhone; CPU iPhone OS 10_3_3 like Mac OS X) AppleWebKit/603.3.8"
_MAIL: dict[str, Any] = {
    "timestamp": "2016-10-14T05:02:16.645Z",
    "source": "sender@example.org",
    "sourceArn": "arn:aws:ses:us-east-1:123456789012:identity/sender@example.org",
    "sendingAccountId": "123456789012",
    "messageId": _ID,
    "destination": [EMAIL],
    "headersTruncated": False,
    "headers": [{"name": "Subject", "value": "Message sent from Amazon SES"}],
    "commonHeaders": {"to": [EMAIL], "subject": "Message sent from Amazon SES"},
    "tags": {
        "ses:configuration-set": ["ConfigSet"],
        "ses:source-ip": ["192.0.2.0"],
        "ses:from-domain": ["example.org"],
        "campaign": ["spring"],
        "myCustomTag2": ["a", "b"],
    },
}
_MEANT: dict[str, Any] = {
    "message_id": _ID,
    "campaign": "spring",
    "tags": ("ConfigSet",),
    "metadata": {"campaign": "spring", "myCustomTag2": "a, b"},
}
_SENT_AT = "2016-10-14T05:02:16.645000+00:00"


def _case(stated: str, kind: str, name: str, detail: dict[str, Any], **meant: Any) -> Case:
    payload = {"eventType": stated, "mail": _MAIL, name: detail}
    then = {"occurred_at": "2017-08-09T22:00:19.652000+00:00"} if "timestamp" in detail else {}
    told = {"occurred_at": _SENT_AT} | then
    return f"{stated} {sorted(meant.items())}", payload, {**_MEANT, **told, "type": kind, **meant}


def _bounce(kind: str, sub_type: str, hardness: str) -> Case:
    person = {
        "emailAddress": EMAIL,
        "action": "failed",
        "status": "5.1.1",
        "diagnosticCode": "smtp; 550 5.1.1 user unknown",
    }
    detail = {
        "bounceType": kind,
        "bounceSubType": sub_type,
        "bouncedRecipients": [person],
        "timestamp": "2017-08-09T22:00:19.652Z",
        "feedbackId": _FEEDBACK,
        "reportingMTA": "dsn; mta.example.com",
    }
    meant = {"reason": f"{kind}: {sub_type}", "mta_response": "smtp; 550 5.1.1 user unknown"}
    return _case("Bounce", "bounced", "bounce", detail, bounce=hardness, **meant)


def _subscription(*, everything: bool, status: str, kind: str, **meant: Any) -> Case:
    topics = [{"topicName": "ExampleTopicName", "subscriptionStatus": status}]
    detail = {
        "contactList": "ContactListName",
        "timestamp": "2017-08-09T22:00:19.652Z",
        "source": "UnsubscribeHeader",
        "newTopicPreferences": {
            "unsubscribeAll": everything,
            "topicSubscriptionStatus": topics,
        },
        "oldTopicPreferences": {"unsubscribeAll": False, "topicSubscriptionStatus": []},
    }
    return _case("Subscription", kind, "subscription", detail, **meant)


_AT = {"timestamp": "2017-08-09T22:00:19.652Z"}
_DELAY = {
    **_AT,
    "delayType": "SpamDetected",
    "expirationTime": "2020-06-16T00:25:40.914Z",
    "delayedRecipients": [
        {"emailAddress": EMAIL, "status": "4.4.1", "diagnosticCode": "smtp; 421 later"}
    ],
}
_COMPLAINT = {
    **_AT,
    "complainedRecipients": [{"emailAddress": EMAIL}],
    "feedbackId": _FEEDBACK,
    "userAgent": "AnyCompany Feedback Loop (V0.01)",
    "complaintFeedbackType": "abuse",
    "arrivalDate": "2016-01-27T14:59:38.237Z",
}

CASES: list[Case] = [
    *(_bounce("Permanent", sub, "hard") for sub in ("General", "NoEmail", "Suppressed")),
    _bounce("Permanent", "OnAccountSuppressionList", "hard"),
    *(_bounce("Transient", sub, "soft") for sub in ("General", "MailboxFull", "ContentRejected")),
    _bounce("Undetermined", "Undetermined", "soft"),
    _case("Complaint", "complained", "complaint", _COMPLAINT, description="abuse"),
    _case(
        "Delivery",
        "delivered",
        "delivery",
        {**_AT, "recipients": [EMAIL], "smtpResponse": "250 2.6.0 Message received"},
        mta_response="250 2.6.0 Message received",
    ),
    _case("Send", "sent", "send", {}),
    _case(
        "Reject",
        "rejected",
        "reject",
        {"reason": "Bad content"},
        reason="Bad content",
        description="Bad content",
    ),
    _case("Open", "opened", "open", {**_AT, "userAgent": _UA}, user_agent=_UA),
    _case(
        "Click",
        "clicked",
        "click",
        {**_AT, "userAgent": _UA, "link": "https://example.com/a", "linkTags": None},
        user_agent=_UA,
        url="https://example.com/a",
    ),
    _case(
        "Rendering Failure",
        "failed",
        "failure",
        {"templateName": "MyTemplate", "errorMessage": "Attribute 'a' is not present."},
        description="Attribute 'a' is not present.",
    ),
    _case(
        "DeliveryDelay",
        "deferred",
        "deliveryDelay",
        _DELAY,
        reason="SpamDetected",
        mta_response="smtp; 421 later",
    ),
    _subscription(everything=True, status="OptOut", kind="unsubscribed"),
    _subscription(everything=False, status="OptOut", kind="unsubscribed", topic="news"),
    _subscription(everything=False, status="OptIn", kind="subscribed"),
    _case("Teleport", "unknown", "teleport", {}),
]
