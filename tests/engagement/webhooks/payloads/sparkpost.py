"""https://developers.sparkpost.com/api/webhooks/ and its bounce classification codes."""

from typing import Any

from tests.engagement.webhooks.payloads import EMAIL, Case

_UA = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_10_3) AppleWebKit/537.36"
_ID = "000443ee14578172be22"
_COMMON: dict[str, Any] = {
    "campaign_id": "Example Campaign Name",
    "customer_id": "1",
    "event_id": "92356927693813856",
    "friendly_from": "sender@example.org",
    "message_id": _ID,
    "raw_rcpt_to": EMAIL,
    "rcpt_meta": {"customKey": "customValue"},
    "rcpt_tags": ["male", "US"],
    "rcpt_to": EMAIL,
    "subject": "Summer deals are here!",
    "timestamp": "1454442600",
    "transmission_id": "65832150921904138",
}
_MEANT: dict[str, Any] = {
    "occurred_at": "2016-02-02T19:50:00+00:00",
    "event_id": "92356927693813856",
    "message_id": _ID,
    "campaign": "Example Campaign Name",
    "tags": ("male", "US"),
    "metadata": {"customKey": "customValue"},
}


def _case(family: str, kind: str, meant: str, **facts: Any) -> Case:
    said = {"raw_reason": "mta_response", "target_link_url": "url", "user_agent": "user_agent"}
    told = {said[name]: value for name, value in facts.items() if name in said}
    if facts.get("is_prefetched"):
        told["machine"] = True
    payload = {"msys": {family: {**_COMMON, "type": kind, **facts}}}
    return f"{kind} {sorted(facts)}", payload, {**_MEANT, "type": meant, **told}


def _bounce(code: int, meant: str, bounce: str | None = None, kind: str = "bounce") -> Case:
    facts = {"bounce_class": str(code), "raw_reason": "550 no", "reason": "550 [internal] no"}
    name, payload, told = _case("message_event", kind, meant, **facts)
    told |= {"reason": str(code), "description": "550 [internal] no"}
    return f"{name} {code}", payload, {**told, "bounce": bounce} if bounce else told


CASES: list[Case] = [
    _case("message_event", "injection", "queued"),
    _case("message_event", "delivery", "delivered"),
    *(_bounce(code, "bounced", "hard") for code in (10, 30)),
    *(
        _bounce(code, "bounced", "soft")
        for code in (1, 20, 21, 22, 23, 24, 40, 50, 51, 52, 53, 54, 70, 4711)
    ),
    *(_bounce(code, "rejected") for code in (25, 26)),
    *(_bounce(code, "autoresponded") for code in (60, 100)),
    _bounce(80, "subscribed"),
    _bounce(90, "unsubscribed"),
    _bounce(10, "bounced", "hard", kind="out_of_band"),
    _bounce(21, "deferred", kind="delay"),
    _bounce(25, "rejected", kind="policy_rejection"),
    _case("message_event", "spam_complaint", "complained"),
    _case("gen_event", "generation_failure", "failed", raw_reason="554 5.3.3 no template"),
    _case("gen_event", "generation_rejection", "rejected", raw_reason="554 5.7.1 suppressed"),
    _case("track_event", "open", "opened", user_agent=_UA),
    _case("track_event", "initial_open", "opened", user_agent=_UA),
    _case("track_event", "amp_open", "opened"),
    _case("track_event", "amp_initial_open", "opened"),
    _case("track_event", "open", "opened", user_agent=_UA, is_prefetched=True),
    _case(
        "track_event", "click", "clicked", user_agent=_UA, target_link_url="https://example.com/a"
    ),
    _case("track_event", "amp_click", "clicked", target_link_url="https://example.com/a"),
    _case("unsubscribe_event", "list_unsubscribe", "unsubscribed"),
    _case("unsubscribe_event", "link_unsubscribe", "unsubscribed", user_agent=_UA),
    _case("message_event", "sms_status", "unknown"),
    _case("relay_event", "teleport", "unknown"),
]
