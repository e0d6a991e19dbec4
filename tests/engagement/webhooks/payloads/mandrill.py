"""https://mailchimp.com/developer/transactional/docs/webhooks/."""

from typing import Any

from tests.engagement.webhooks.payloads import EMAIL, Case

_ID = "exampleaaaaaaaaaaaaaaaaaaaaaaaaa"
_UA = "Mozilla/5.0 (Macintosh; U; Intel Mac OS X 10.6; en-US; rv:1.9.1.8) Gecko Postbox/1.1.3"
_MESSAGE: dict[str, Any] = {
    "ts": 1365109999,
    "subject": "This an example webhook message",
    "email": EMAIL,
    "sender": "sender@example.org",
    "tags": ["webhook-example"],
    "opens": [],
    "clicks": [],
    "state": "sent",
    "metadata": {"user_id": 111},
    "_id": _ID,
    "_version": "exampleaaaaaaaaaaaaaaa",
}
_MEANT: dict[str, Any] = {
    "occurred_at": "2013-04-04T21:13:19+00:00",
    "message_id": _ID,
    "tags": ("webhook-example",),
    "metadata": {"user_id": "111"},
}


def _case(
    stated: str,
    kind: str,
    meant: dict[str, Any] | None = None,
    msg: dict[str, Any] | None = None,
    **facts: Any,
) -> Case:
    payload = {
        "event": stated,
        "_id": _ID,
        "msg": {**_MESSAGE, **(msg or {})},
        "ts": 1365109999,
        **facts,
    }
    return f"{stated} {sorted(msg or {})}", payload, {**_MEANT, "type": kind, **(meant or {})}


def _bounce(stated: str, hardness: str) -> Case:
    diagnostic = "smtp;550 5.1.1 The email account that you tried to reach does not exist."
    msg = {"bounce_description": "bad_mailbox", "bgtools_code": 10, "diag": diagnostic}
    meant = {"bounce": hardness, "reason": "bad_mailbox", "mta_response": diagnostic}
    return _case(stated, "bounced", meant, msg)


CASES: list[Case] = [
    _case("send", "sent"),
    _case("delivered", "delivered"),
    _case("deferral", "deferred", {"mta_response": "451 later"}, {"diag": "451 later"}),
    _bounce("hard_bounce", "hard"),
    _bounce("soft_bounce", "soft"),
    _case("open", "opened", {"user_agent": _UA}, ip="127.0.0.1", user_agent=_UA),
    _case(
        "click",
        "clicked",
        {"user_agent": _UA, "url": "http://example.com"},
        user_agent=_UA,
        url="http://example.com",
    ),
    _case("spam", "complained"),
    _case("unsub", "unsubscribed"),
    _case("reject", "rejected", {"metadata": {}}, {"metadata": []}),
    _case("teleport", "unknown"),
    (
        "sync",
        {
            "type": "blacklist",
            "action": "add",
            "ts": 1365109999,
            "reject": {
                "reason": "hard-bounce",
                "detail": "550 mailbox does not exist",
                "email": EMAIL,
                "created_at": "2014-02-01 12:43:56",
            },
        },
        {
            "type": "unknown",
            "occurred_at": "2013-04-04T21:13:19+00:00",
            "reason": "hard-bounce",
            "description": "550 mailbox does not exist",
        },
    ),
]
