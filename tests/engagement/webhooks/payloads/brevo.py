"""https://developers.brevo.com/docs/transactional-webhooks and marketing-webhooks."""

from typing import Any

from tests.engagement.webhooks.payloads import EMAIL, Case

_ID = "<201798300811.5787683@relay.example.com>"
_TRANSACTIONAL: dict[str, Any] = {
    "email": EMAIL,
    "id": 26224,
    "date": "2018-03-06 11:10:23",
    "ts": 1520331023,
    "message-id": _ID,
    "ts_event": 1520331023,
    "subject": "My first Transactional",
    "X-Mailin-custom": '{"meta": "data"}',
    "sending_ip": "192.0.2.1",
    "ts_epoch": 1520363423000,
    "template_id": 22,
    "tag": '["transac_messages"]',
    "tags": ["transac_messages"],
}
_MEANT: dict[str, Any] = {
    "occurred_at": "2018-03-06T19:10:23+00:00",
    "message_id": _ID,
    "tags": ("transac_messages",),
    "metadata": {"meta": "data"},
}
_MARKETING: dict[str, Any] = {
    "id": 48738,
    "camp_id": 12,
    "email": EMAIL,
    "campaign name": "My First Campaign",
    "date_sent": "2020-10-09 00:00:00",
    "date_event": "2020-10-09 00:00:00",
    "tag": "newsletter",
    "ts_sent": 1604933619,
    "ts_event": 1604933654,
}
_NEWS: dict[str, Any] = {
    "occurred_at": "2020-11-09T14:54:14+00:00",
    "campaign": "My First Campaign",
    "tags": ("newsletter",),
}


def _case(stated: str, kind: str, meant: dict[str, Any] | None = None, **facts: Any) -> Case:
    told = {name: value for name, value in (("mta_response", facts.get("reason")),) if value}
    if kind in {"bounced", "rejected", "failed"}:
        told["reason"] = stated
    return (
        stated,
        {**_TRANSACTIONAL, "event": stated, **facts},
        {**_MEANT, "type": kind, **told, **(meant or {})},
    )


_HARD, _SOFT = {"bounce": "hard"}, {"bounce": "soft"}
_LINK = {"url": "https://example.com/a"}

CASES: list[Case] = [
    _case("request", "queued"),
    _case("sent", "sent"),
    _case("delivered", "delivered"),
    _case("deferred", "deferred", reason="452 later"),
    _case("hard_bounce", "bounced", _HARD, reason="550 5.5.0 mailbox unavailable."),
    _case("soft_bounce", "bounced", _SOFT, reason="Unable to find MX of domain"),
    _case("invalid_email", "bounced", _HARD),
    _case("invalid", "bounced", _HARD),
    _case("blocked", "rejected", reason="blocked : due to blacklist user"),
    _case("error", "failed"),
    _case("spam", "complained"),
    _case("complaint", "complained"),
    _case("opened", "opened"),
    _case("unique_opened", "opened"),
    _case("proxy_open", "opened", {"machine": True}),
    _case("unique_proxy_open", "opened", {"machine": True}),
    _case("click", "clicked", _LINK, link="https://example.com/a"),
    _case("unsubscribed", "unsubscribed", user_agent=None),
    _case("teleported", "unknown"),
    (
        "marketing unsubscribe",
        {**_MARKETING, "event": "unsubscribe", "list_id": [3, 42]},
        {**_NEWS, "type": "unsubscribed", "topic": "news"},
    ),
    (
        "marketing click",
        {**_MARKETING, "event": "click", "URL": "https://example.com/a"},
        {**_NEWS, **_LINK, "type": "clicked"},
    ),
    (
        "list addition",
        {"id": 1, "event": "list_addition", "email": EMAIL, "list_id": [42], "ts": 1604933619},
        {"type": "subscribed", "topic": "news", "occurred_at": "2020-11-09T14:53:39+00:00"},
    ),
    (
        "contact deleted",
        {"id": 1, "event": "contact_deleted", "email": [EMAIL], "ts_event": 1604933619},
        {"type": "unknown", "occurred_at": "2020-11-09T14:53:39+00:00"},
    ),
    (
        "an epoch in seconds",
        {"event": "error", "email": EMAIL, "ts_epoch": 1604933623},
        {"type": "failed", "reason": "error", "occurred_at": "2020-11-09T14:53:43+00:00"},
    ),
]
