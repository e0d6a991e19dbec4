"""https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event."""

from tests.engagement.webhooks.payloads import EMAIL, Case

_ID = "14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0"
_COMMON = {
    "email": EMAIL,
    "timestamp": 1669651200,
    "smtp-id": "<14c5d75ce93.dfd.64b469@ismtpd-555>",
    "category": ["cat facts"],
    "sg_message_id": _ID,
}
_MEANT = {"occurred_at": "2022-11-28T16:00:00+00:00", "message_id": _ID, "tags": ("cat facts",)}
_UA = "Mozilla/4.0 (compatible; MSIE 6.1; Windows XP; .NET CLR 1.1.4322)"


def _case(name: str, sent: dict[str, object], meant: dict[str, object]) -> Case:
    own_id = f"{name.replace(' ', '-')}=="
    payload = {**_COMMON, "sg_event_id": own_id, **sent}
    return name, payload, {**_MEANT, "event_id": own_id, **meant}


CASES: list[Case] = [
    _case("processed", {"event": "processed"}, {"type": "queued"}),
    _case(
        "deferred",
        {"event": "deferred", "response": "400 try again later", "attempt": "5"},
        {"type": "deferred", "mta_response": "400 try again later"},
    ),
    _case(
        "delivered",
        {"event": "delivered", "response": "250 OK", "ip": "192.0.2.1", "tls": 1},
        {"type": "delivered", "mta_response": "250 OK"},
    ),
    _case(
        "open",
        {"event": "open", "useragent": _UA, "ip": "192.0.2.1", "sg_machine_open": False},
        {"type": "opened", "user_agent": _UA},
    ),
    _case(
        "open by a machine",
        {"event": "open", "useragent": "Mozilla/5.0", "sg_machine_open": True},
        {"type": "opened", "user_agent": "Mozilla/5.0", "machine": True},
    ),
    _case(
        "click",
        {
            "event": "click",
            "useragent": _UA,
            "url": "https://www.example.com/",
            "url_offset": {"index": 0, "type": "html"},
        },
        {"type": "clicked", "user_agent": _UA, "url": "https://www.example.com/"},
    ),
    _case(
        "bounce",
        {
            "event": "bounce",
            "bounce_classification": "Invalid Address",
            "reason": "500 unknown recipient",
            "status": "5.0.0",
            "type": "bounce",
        },
        {
            "type": "bounced",
            "bounce": "hard",
            "reason": "bounce",
            "description": "Invalid Address",
            "mta_response": "500 unknown recipient",
        },
    ),
    _case(
        "blocked",
        {
            "event": "bounce",
            "bounce_classification": "Reputation",
            "reason": "550 5.7.1 listed",
            "type": "blocked",
        },
        {
            "type": "bounced",
            "bounce": "soft",
            "reason": "blocked",
            "description": "Reputation",
            "mta_response": "550 5.7.1 listed",
        },
    ),
    _case(
        "blocked by name",
        {"event": "blocked", "reason": "550 5.7.1 listed"},
        {"type": "bounced", "bounce": "soft", "mta_response": "550 5.7.1 listed"},
    ),
    _case(
        "dropped",
        {"event": "dropped", "reason": "Bounced Address", "status": "5.0.0"},
        {"type": "rejected", "reason": "Bounced Address"},
    ),
    _case("spamreport", {"event": "spamreport"}, {"type": "complained"}),
    _case("unsubscribe", {"event": "unsubscribe"}, {"type": "unsubscribed"}),
    _case(
        "group_unsubscribe",
        {"event": "group_unsubscribe", "asm_group_id": 10, "useragent": _UA, "ip": "192.0.2.1"},
        {"type": "unsubscribed", "user_agent": _UA, "topic": "news"},
    ),
    _case(
        "group_resubscribe",
        {"event": "group_resubscribe", "asm_group_id": 11},
        {"type": "subscribed"},
    ),
    _case("something new", {"event": "teleported"}, {"type": "unknown"}),
    _case(
        "own arguments",
        {"event": "processed", "campaign": "spring", "topic": "offers", "order": 17},
        {
            "type": "queued",
            "campaign": "spring",
            "topic": "offers",
            "metadata": {"campaign": "spring", "topic": "offers", "order": "17"},
        },
    ),
    _case(
        "single send",
        {"event": "processed", "singlesend_id": "a1", "singlesend_name": "November"},
        {"type": "queued", "campaign": "November"},
    ),
]
