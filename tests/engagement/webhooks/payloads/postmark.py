"""https://postmarkapp.com/developer/webhooks/webhooks-overview."""

from typing import Any

from tests.engagement.webhooks.payloads import EMAIL, Case

_ID = "883953f4-6105-42a2-a16a-77a8eac79483"
_UA = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_7_5) AppleWebKit/537.36 Chrome/35.0.1916.153"
_OWN = {"a_key": "a_value", "b_key": "b_value"}
_COMMON: dict[str, Any] = {
    "MessageStream": "outbound",
    "MessageID": _ID,
    "Tag": "welcome-email",
    "Metadata": _OWN,
}
_MEANT: dict[str, Any] = {"message_id": _ID, "tags": ("welcome-email",), "metadata": _OWN}
_AT = "2019-11-05T16:33:54.9070259Z"
_THEN = "2019-11-05T16:33:54.907025+00:00"


def _bounce(name: str, kind: str, hard: str | None = None, record: str = "Bounce") -> Case:
    payload = {
        **_COMMON,
        "RecordType": record,
        "ID": 4323372036854775807,
        "Type": name,
        "TypeCode": 1,
        "Details": "action: failed",
        "Description": "The server was unable to deliver your message",
        "Email": EMAIL,
        "From": "sender@example.org",
        "BouncedAt": _AT,
        "DumpAvailable": True,
        "Inactive": True,
        "CanActivate": True,
        "Subject": "Test subject",
        "Content": "<Full dump of bounce>",
    }
    meant = {
        **_MEANT,
        "type": kind,
        "occurred_at": _THEN,
        "event_id": f"{record}:4323372036854775807",
        "reason": name,
        "description": "The server was unable to deliver your message",
        "mta_response": "action: failed",
    }
    return f"{record} {name}", payload, {**meant, "bounce": hard} if hard else meant


def _change(reason: str | None, *, suppressed: bool, **meant: Any) -> Case:
    payload = {
        **_COMMON,
        "RecordType": "SubscriptionChange",
        "MessageStream": "broadcast",
        "Recipient": EMAIL,
        "Origin": "Recipient",
        "ChangedAt": "2020-02-01T10:53:34.416071Z",
        "SuppressSending": suppressed,
        "SuppressionReason": reason,
    }
    told = {"reason": reason} if reason else {}
    then = {"occurred_at": "2020-02-01T10:53:34.416071+00:00", "topic": "news"}
    return f"change {suppressed} {reason}", payload, {**_MEANT, **then, **told, **meant}


CASES: list[Case] = [
    *(_bounce(name, "bounced", "hard") for name in ("HardBounce", "BadEmailAddress")),
    *(
        _bounce(name, "bounced", "soft")
        for name in (
            "SoftBounce",
            "SpamNotification",
            "VirusNotification",
            "Blocked",
            "DMARCPolicy",
            "Unknown",
        )
    ),
    *(_bounce(name, "deferred") for name in ("Transient", "DnsError")),
    *(
        _bounce(name, "autoresponded")
        for name in ("AutoResponder", "AddressChange", "ChallengeVerification")
    ),
    *(_bounce(name, "rejected") for name in ("ManuallyDeactivated", "Unconfirmed")),
    *(_bounce(name, "failed") for name in ("SMTPApiError", "TemplateRenderingFailed")),
    *(_bounce(name, "unknown") for name in ("InboundError", "OpenRelayTest")),
    _bounce("Unsubscribe", "unsubscribed"),
    _bounce("Subscribe", "subscribed"),
    _bounce("SpamComplaint", "complained"),
    _bounce("SpamComplaint", "complained", record="SpamComplaint"),
    _change("ManualSuppression", suppressed=True, type="unsubscribed"),
    _change("HardBounce", suppressed=True, type="bounced", bounce="hard"),
    _change("SpamComplaint", suppressed=True, type="complained"),
    _change(None, suppressed=False, type="subscribed"),
    (
        "Delivery",
        {
            **_COMMON,
            "RecordType": "Delivery",
            "Recipient": EMAIL,
            "DeliveredAt": _AT,
            "Details": "Test delivery webhook details",
        },
        {
            **_MEANT,
            "type": "delivered",
            "occurred_at": _THEN,
            "mta_response": "Test delivery webhook details",
        },
    ),
    (
        "Open",
        {
            **_COMMON,
            "RecordType": "Open",
            "FirstOpen": True,
            "Recipient": EMAIL,
            "UserAgent": _UA,
            "ReceivedAt": _AT,
            "Platform": "Desktop",
            "ReadSeconds": 5,
            "Geo": {"IP": "192.0.2.1", "City": "Tallinn"},
        },
        {**_MEANT, "type": "opened", "occurred_at": _THEN, "user_agent": _UA},
    ),
    (
        "Click",
        {
            **_COMMON,
            "RecordType": "Click",
            "ClickLocation": "HTML",
            "Recipient": EMAIL,
            "UserAgent": _UA,
            "OriginalLink": "https://example.com",
            "ReceivedAt": _AT,
        },
        {
            **_MEANT,
            "type": "clicked",
            "occurred_at": _THEN,
            "user_agent": _UA,
            "url": "https://example.com",
        },
    ),
    (
        "something new",
        {**_COMMON, "RecordType": "Teleport", "Recipient": EMAIL},
        {**_MEANT, "type": "unknown"},
    ),
]
