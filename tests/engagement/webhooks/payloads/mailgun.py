"""https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/webhook-payloads."""

from typing import Any

from tests.engagement.webhooks.payloads import EMAIL, Case

_UA = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.31 Chrome/26.0.1410.43 Safari/537.31"
_MESSAGE_ID = "20130503182626.18666.16540@example.org"
_CLIENT = {
    "client-os": "Linux",
    "device-type": "desktop",
    "client-name": "Chrome",
    "client-type": "browser",
    "user-agent": _UA,
}
_COMMON: dict[str, Any] = {
    "id": "CPgfbmQMTCKtHW6uIWtuVe",
    "timestamp": 1521472262.908181,
    "log-level": "info",
    "recipient": EMAIL,
    "recipient-domain": "example.com",
    "tags": ["my_tag_1", "my_tag_2"],
    "campaigns": [],
    "user-variables": {"my_var_1": "Mailgun Variable #1", "my-var-2": "awesome"},
    "flags": {"is-routed": False, "is-test-mode": False},
    "message": {"headers": {"to": f"Mari <{EMAIL}>", "message-id": _MESSAGE_ID}},
}
_MEANT: dict[str, Any] = {
    "occurred_at": "2018-03-19T15:11:02.908181+00:00",
    "event_id": "2018-03-19:CPgfbmQMTCKtHW6uIWtuVe",
    "message_id": _MESSAGE_ID,
    "tags": ("my_tag_1", "my_tag_2"),
    "metadata": {"my_var_1": "Mailgun Variable #1", "my-var-2": "awesome"},
}


def _case(name: str, sent: dict[str, Any], meant: dict[str, Any]) -> Case:
    return name, {**_COMMON, **sent}, {**_MEANT, **meant}


def _failed(name: str, severity: str, reason: str, code: int, meant: dict[str, Any]) -> Case:
    status = {
        "attempt-no": 1,
        "message": f"{code} no",
        "code": code,
        "description": "told by the mail server",
        "session-seconds": 0.5,
    }
    sent = {"event": "failed", "severity": severity, "reason": reason, "delivery-status": status}
    told = {"mta_response": f"{code} no", "description": "told by the mail server"}
    return _case(name, sent, {"reason": reason, **told, **meant})


_HARD = {"type": "bounced", "bounce": "hard"}
_SOFT = {"type": "bounced", "bounce": "soft"}

CASES: list[Case] = [
    _case("accepted", {"event": "accepted"}, {"type": "queued"}),
    _case("stored", {"event": "stored"}, {"type": "queued"}),
    _case(
        "rejected",
        {"event": "rejected", "reject": {"reason": "Sandbox", "description": "not allowed"}},
        {"type": "rejected", "reason": "Sandbox", "description": "not allowed"},
    ),
    _case(
        "delivered",
        {
            "event": "delivered",
            "delivery-status": {"tls": True, "code": 250, "message": "OK", "description": ""},
        },
        {"type": "delivered", "mta_response": "OK"},
    ),
    _failed("failed for good", "permanent", "bounce", 550, _HARD),
    _failed("failed before", "permanent", "suppress-bounce", 605, _HARD),
    _failed("tried too long", "permanent", "old", 499, _SOFT),
    _failed("blocked", "permanent", "espblock", 550, _SOFT),
    _failed("failed for now", "temporary", "generic", 452, {"type": "deferred"}),
    _failed("greylisted", "temporary", "greylisted", 450, {"type": "deferred"}),
    _failed("left before", "permanent", "suppress-unsubscribe", 606, {"type": "rejected"}),
    _failed("complained before", "permanent", "suppress-complaint", 607, {"type": "rejected"}),
    _failed("of another severity", "odd", "generic", 550, _SOFT),
    _case(
        "opened",
        {"event": "opened", "ip": "192.0.2.1", "client-info": _CLIENT},
        {"type": "opened", "user_agent": _UA},
    ),
    _case(
        "opened by a machine",
        {"event": "opened", "client-info": {"user-agent": "Mozilla/5.0", "bot": "apple"}},
        {"type": "opened", "user_agent": "Mozilla/5.0", "machine": True},
    ),
    _case(
        "clicked",
        {"event": "clicked", "url": "https://example.org/a", "client-info": _CLIENT},
        {"type": "clicked", "url": "https://example.org/a", "user_agent": _UA},
    ),
    _case(
        "unsubscribed",
        {"event": "unsubscribed", "client-info": _CLIENT},
        {"type": "unsubscribed", "user_agent": _UA},
    ),
    _case("complained", {"event": "complained"}, {"type": "complained"}),
    _case("something new", {"event": "list_member_uploaded"}, {"type": "unknown"}),
    _case(
        "without a recipient of its own",
        {"event": "rejected", "recipient": None},
        {"type": "rejected"},
    ),
]
