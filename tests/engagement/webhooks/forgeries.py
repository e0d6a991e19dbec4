"""What forgers do to deliveries, by provider."""

import base64
import json
import time
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.engagement.webhooks.deliveries import TOPIC_ARN, Signed
from tests.engagement.webhooks.hooks import Hook, event_of

Forge = Callable[[Hook], Signed]
DAY, HOUR = 24 * 3600, 3600


def _event(hook: Hook) -> Any:
    return event_of(hook.provider)


def _signed(**options: Any) -> Forge:
    return lambda hook: hook.sign(_event(hook), **options)


def _at(offset: float) -> Forge:
    return lambda hook: hook.sign(_event(hook), at=time.time() + offset)


def _altered(hook: Hook) -> Signed:
    signed = hook.sign(_event(hook))
    assert b"mari" in signed.body
    return Signed(signed.body.replace(b"mari", b"jaan"), signed.headers)


def _header(name: str, change: Callable[[str], str | None]) -> Forge:
    def forge(hook: Hook) -> Signed:
        signed = hook.sign(_event(hook))
        return signed.but(**{name: change(signed.headers[name])})

    return forge


def _in_body(*path: str, change: Callable[[Any], Any]) -> Forge:
    """Change a value within the JSON, or take it out, where the signature stands in the body."""

    def forge(hook: Hook) -> Signed:
        signed = hook.sign(_event(hook))
        body = json.loads(signed.body)
        holder = body
        for name in path[:-1]:
            holder = holder[name]
        holder[path[-1]] = change(holder[path[-1]])
        return Signed(json.dumps(body).encode(), signed.headers)

    return forge


#: What is done to whatever proves a delivery.
_SPOILED: dict[str, Callable[[Any], Any]] = {
    "missing": lambda _: None,
    "empty": lambda _: "",
    "truncated": lambda proof: proof[:-5],
    "doubled": lambda proof: f"{proof}, {proof}",
    "in other letters": lambda proof: f"{proof[:-1]}\u00e9",
    "another case": lambda proof: proof.swapcase(),
    "no base64": lambda _: "%%%",
    "padded": lambda proof: f"{proof}====",
}


def _spoiled(name: str, *, but: tuple[str, ...] = ()) -> dict[str, Forge]:
    return {
        f"{name} {how}": _header(name, change) for how, change in _SPOILED.items() if how not in but
    }


def _spoiled_body(*path: str, but: tuple[str, ...] = ()) -> dict[str, Forge]:
    return {
        f"{path[-1]} {how}": _in_body(*path, change=change)
        for how, change in _SPOILED.items()
        if how not in but
    }


_STALE = {"stale": _at(-2 * DAY), "from the future": _at(HOUR)}
_SHOWN: dict[str, Forge] = {
    "wrong secret": _signed(secret="another-secret-0123456789012345"),
    "wrong user": _header(
        "authorization", lambda _: "Basic " + base64.b64encode(b"x:a-secret").decode()
    ),
    "another scheme": _header("authorization", lambda shown: shown.replace("Basic", "Digest")),
    "user only": _header("authorization", lambda _: "Basic " + base64.b64encode(b"crm").decode()),
    **_spoiled("authorization"),
}
FORGERIES: dict[str, dict[str, Forge]] = {
    "sendgrid": {
        "altered": _altered,
        "wrong key": _signed(key=ec.generate_private_key(ec.SECP256R1())),
        "another timestamp": _header("x-twilio-email-event-webhook-timestamp", lambda t: f"{t}0"),
        "timestamp of words": _header("x-twilio-email-event-webhook-timestamp", lambda _: "now"),
        "without a timestamp": _header("x-twilio-email-event-webhook-timestamp", lambda _: None),
        **_spoiled("x-twilio-email-event-webhook-signature"),
        **_STALE,
    },
    "mailgun": {
        "wrong key": _signed(secret="another-signing-key"),
        "without a signature": _in_body("signature", change=lambda _: None),
        "another token": _in_body("signature", "token", change=lambda token: token[::-1]),
        "token of another type": _in_body("signature", "token", change=lambda _: ["a"] * 20),
        "timestamp of words": _in_body("signature", "timestamp", change=lambda _: "now"),
        # The digit moves, what is signed stays the same: it would be a token never seen before.
        "digit moved": lambda hook: _moved(hook.sign(_event(hook), token="1" * 50)),
        **_spoiled_body("signature", "signature"),
        **_STALE,
    },
    "mandrill": {
        "altered": _altered,
        "wrong key": _signed(secret="another-key"),
        "key that everybody knows": _signed(secret="test-webhook"),
        "for another endpoint": _signed(url="https://crm.example.com/v1/webhooks/mandrill/x"),
        "another parameter": lambda hook: _with(hook, b"&a=b"),
        "parameter twice": lambda hook: _with(hook, b"&mandrill_events=[]"),
        **_spoiled("x-mandrill-signature"),
    },
    "resend": {
        "altered": _altered,
        "wrong key": _signed(secret="whsec_" + base64.b64encode(b"x" * 24).decode()),
        "another id": _header("svix-id", lambda _: "msg_other"),
        "another timestamp": _header("svix-timestamp", lambda t: str(int(t) + 1)),
        "no number": _header("svix-timestamp", lambda _: "nan"),
        "another version": _header("svix-signature", lambda s: s.replace("v1,", "v2,")),
        "without a version": _header("svix-signature", lambda s: s.removeprefix("v1,")),
        "without an id": _header("svix-id", lambda _: None),
        "without a timestamp": _header("svix-timestamp", lambda _: None),
        **_spoiled("svix-signature", but=("padded",)),
        **_STALE,
    },
    "ses": {
        "wrong key": _signed(key=rsa.generate_private_key(65537, 2048)),
        "altered": _in_body("Message", change=lambda text: text.replace("mari", "jaan")),
        "another topic": _signed(TopicArn=TOPIC_ARN.replace("123456789012", "210987654321")),
        "another kind": _signed(Type="Teleportation"),
        "version unknown": _in_body("SignatureVersion", change=lambda _: "3"),
        "version of another hash": _in_body("SignatureVersion", change=lambda _: "1"),
        "time moved": _in_body("Timestamp", change=lambda _: "2026-11-22T00:00:00Z"),
        "time of words": _in_body("Timestamp", change=lambda _: "now"),
        "contradicting topic": lambda hook: hook.sign(_event(hook)).but(x_amz_sns_topic_arn="x"),
        "contradicting kind": lambda hook: hook.sign(_event(hook)).but(
            x_amz_sns_message_type="SubscriptionConfirmation"
        ),
        **_spoiled_body("Signature"),
        **_STALE,
    },
    "postmark": _SHOWN,
    "sparkpost": _SHOWN,
    "brevo": _SHOWN,
}


def _moved(signed: Signed) -> Signed:
    body = json.loads(signed.body)
    signature = body["signature"]
    signature["timestamp"], signature["token"] = signature["timestamp"] + "1", "1" * 49
    return Signed(json.dumps(body).encode(), signed.headers)


def _with(hook: Hook, more: bytes) -> Signed:
    signed = hook.sign(_event(hook))
    return Signed(signed.body + more, signed.headers)
