"""https://resend.com/docs/webhooks/event-types, signed as standardwebhooks.com has it."""

from typing import Any

from tests.engagement.webhooks.payloads import EMAIL, Case

_ID = "56761188-7520-42d8-8898-ff6fc54ce618"
_COMMON: dict[str, Any] = {
    "broadcast_id": "8b146471-e88e-4322-86af-016cd36fd216",
    "created_at": "2024-11-22T23:41:11.894719+00:00",
    "email_id": _ID,
    "from": "Acme <onboarding@example.org>",
    "to": [f"Mari <{EMAIL}>"],
    "subject": "Sending this example",
    "template_id": "43f68331-0622-4e15-8202-246a0388854b",
    "tags": {"category": "confirm_email"},
}
_MEANT: dict[str, Any] = {
    "occurred_at": "2024-11-22T23:41:12.126000+00:00",
    "message_id": _ID,
    "campaign": "8b146471-e88e-4322-86af-016cd36fd216",
    "metadata": {"category": "confirm_email"},
}


def _case(
    stated: str, kind: str, meant: dict[str, Any] | None = None, name: str = "", **data: Any
) -> Case:
    payload = {
        "type": stated,
        "created_at": "2024-11-22T23:41:12.126Z",
        "data": {**_COMMON, **data},
    }
    return f"{stated} {name}", payload, {**_MEANT, "type": kind, **(meant or {})}


def _bounce(kind: str | None, sub_type: str | None, hardness: str) -> Case:
    bounce = {"message": "550 5.1.1 no such user", "type": kind, "subType": sub_type}
    meant: dict[str, Any] = {"description": "550 5.1.1 no such user", "bounce": hardness}
    if sub_type or kind:
        meant["reason"] = sub_type or kind
    return _case("email.bounced", "bounced", meant, f"{kind} {sub_type}", bounce=bounce)


_CLICK = {
    "ipAddress": "192.0.2.1",
    "link": "https://example.com",
    "timestamp": "2024-11-24T05:00:57.163Z",
    "userAgent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)",
}

CASES: list[Case] = [
    _case("email.scheduled", "queued"),
    _case("email.sent", "sent"),
    _case("email.delivered", "delivered"),
    _case("email.delivery_delayed", "deferred"),
    _case("email.complained", "complained"),
    _bounce("Permanent", "Suppressed", "hard"),
    _bounce("Permanent", "General", "hard"),
    _bounce("Transient", "MailboxFull", "soft"),
    _bounce("Undetermined", None, "soft"),
    _bounce(None, None, "hard"),
    _case("email.opened", "opened"),
    _case(
        "email.clicked",
        "clicked",
        {
            "occurred_at": "2024-11-24T05:00:57.163000+00:00",
            "url": "https://example.com",
            "user_agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)",
        },
        click=_CLICK,
    ),
    _case(
        "email.failed",
        "failed",
        {"reason": "reached_daily_quota"},
        failed={"reason": "reached_daily_quota"},
    ),
    _case(
        "email.suppressed",
        "rejected",
        {"description": "on the account suppression list"},
        suppressed={"message": "on the account suppression list", "type": "OnAccount"},
    ),
    _case(
        "email.sent",
        "sent",
        {"metadata": {"category": "a", "campaign": "spring"}, "campaign": "spring"},
        "tags as a list",
        tags=[{"name": "category", "value": "a"}, {"name": "campaign", "value": "spring"}],
    ),
    _case("email.teleported", "unknown"),
    (
        "contact.updated",
        {
            "type": "contact.updated",
            "created_at": "2024-11-22T23:41:12.126Z",
            "data": {
                "id": "e169aa45",
                "audience_id": "78261eea",
                "email": EMAIL,
                "first_name": "Mari",
                "unsubscribed": True,
            },
        },
        {"type": "unsubscribed", "occurred_at": "2024-11-22T23:41:12.126000+00:00"},
    ),
    (
        "contact.created",
        {
            "type": "contact.created",
            "created_at": "2024-11-22T23:41:12.126Z",
            "data": {"id": "e169aa45", "email": EMAIL, "unsubscribed": False},
        },
        {"type": "unknown", "occurred_at": "2024-11-22T23:41:12.126000+00:00"},
    ),
]
