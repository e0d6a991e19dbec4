"""What the readable document of a package leaves out."""

from typing import Final

#: Of use to machines alone; in the JSON and the CSV all the same.
HIDDEN: Final = frozenset(
    {
        "action",
        "actor",
        "address_key",
        "anchor_at",
        "contact_id",
        "controller_id",
        "correlation",
        "count",
        "decided_by",
        "digest",
        "domain",
        "evidence_sha256",
        "id",
        "identity_note",
        "import_id",
        "is_current",
        "lifted_by",
        "mail_state",
        "message_id",
        "metadata",
        "mta_response",
        "organization_id",
        "payload",
        "policy_version",
        "position",
        "proof_id",
        "raw",
        "recipient",
        "recipient_id",
        "record_id",
        "record_system",
        "recorded_by",
        "request_id",
        "resolved_by",
        "set_by",
        "sent_by",
        "signal",
        "subject_id",
        "tags",
        "times_sent",
        "topic_id",
        "xid",
    }
)

#: Of the log's actions it is told what they were about.
_SHOWN: Final = frozenset({("access_log", "action")})
#: When we noted something, beside when it happened.
_HIDDEN_THERE: Final = frozenset({("engagement", "recorded_at"), ("interactions", "recorded_at")})


def is_hidden(room: str, column: str) -> bool:
    """Tell whether the readable document leaves a column of a room out."""
    where = (room, column)
    return where in _HIDDEN_THERE or (column in HIDDEN and where not in _SHOWN)
