"""What the fields of events mean: one meaning a name, whatever the type."""

from typing import Any

Schema = dict[str, Any]

#: What the fields of ``data`` mean. A field that is not here fails the contract's generation.
FIELDS: dict[str, Schema] = {
    "address_key": {"description": "pseudonymous key of the address (HMAC), never the address"},
    "basis": {
        "description": "legal basis, GDPR Art. 6(1)(a) to (f), or soft opt-in, ePrivacy 13(2)",
        "enum": [
            "consent",
            "contract",
            "legal_obligation",
            "vital_interests",
            "public_task",
            "legitimate_interests",
            "soft_opt_in",
        ],
        "examples": ["consent"],
    },
    "bounce": {"description": "final or passing", "enum": ["hard", "soft"], "examples": ["hard"]},
    "campaign": {"description": "the campaign concerned", "examples": ["spring-2026"]},
    "channel": {"description": "email, sms, phone, post, ads_facebook, …", "examples": ["email"]},
    "engagement_id": {"description": "the entry in the person's history"},
    "entry_id": {"description": "the ledger entry that proves it"},
    "frequency": {
        "description": "how many messages the person wants",
        "enum": ["all", "weekly", "monthly"],
        "examples": ["weekly"],
    },
    "ends_at": {
        "description": "when a pause is over; no event tells of it",
        "examples": ["2026-12-20T08:15:30Z"],
    },
    "expires_at": {
        "description": "from then on the link is worthless",
        "examples": ["2026-11-20T08:45:30Z"],
    },
    "fields": {"description": "names of the fields that changed", "examples": [["first_name"]]},
    "ground": {
        "description": "why erasure was due, or a request was refused",
        "examples": ["no_longer_needed"],
    },
    "language": {"description": "the language to write in, if known", "examples": ["et"]},
    "mailed_by": {
        "description": "who mails the link: the controller's mailer, or the service itself",
        "enum": ["controller", "service"],
        "examples": ["controller"],
    },
    "kind": {
        "description": "what became of the message: delivered, opened, clicked, bounced, …",
        "examples": ["bounced"],
    },
    "machine": {
        "description": "a mailbox's proxy, a scanner or the like: no person did it",
        "examples": [False],
    },
    "message_id": {"description": "the sender's id of the message", "examples": ["m-20261120-1"]},
    "policy": {"description": "the policy's name", "examples": ["cantec-ee"]},
    "proof_id": {"description": "the proof asked for"},
    "purpose": {
        "description": "slug of the purpose; what a proof is for",
        "examples": ["marketing"],
    },
    "reason": {
        "description": "why the address is blocked",
        "enum": [
            "unsubscribe",
            "objection",
            "complaint",
            "hard_bounce",
            "invalid",
            "erasure",
            "manual",
            "import",
            "pause",
        ],
        "examples": ["unsubscribe"],
    },
    "reminder": {"description": "how often it was told again; absent at first", "examples": [1]},
    "request_id": {"description": "the rights request"},
    "scope": {
        "description": "how far it goes",
        "enum": ["topic", "marketing", "all"],
        "examples": ["topic"],
    },
    "sha256": {"description": "digest of the policy document", "examples": ["9f86d081884c7d65"]},
    "source": {"description": "where it came from", "examples": ["one_click"]},
    "suppression_id": {"description": "the block"},
    "topic": {"description": "slug of the topic", "examples": ["newsletter"]},
    "url": {
        "description": "one-time link: whoever opens it acts for the address; for its mail alone",
        "examples": ["https://crm.example.com/p/aeaqaaaa"],
    },
    "version": {"description": "version of the policy", "minimum": 1, "examples": [2]},
}
