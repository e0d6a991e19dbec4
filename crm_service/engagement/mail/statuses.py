"""Whether a failure is the mailbox's, and for good: enhanced status codes (RFC 3463, RFC 5248).

Only what says that this mailbox does not exist, or takes no mail any more, is hard: it blocks the
address for everything. What a full mailbox, a filter or a policy refuses is soft, also as 5.x.x.
"""

import re
from dataclasses import dataclass
from typing import Final

HARD: Final = "hard"
SOFT: Final = "soft"

_CODE = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_REPLY = re.compile(r"(?<![\d.])([45]\d\d)[ -]")

#: The mailbox or its domain does not exist, has moved away, or is disabled.
_NO_MAILBOX: Final = frozenset({"1.0", "1.1", "1.2", "1.3", "1.6", "1.10", "2.1"})
#: Codes under which systems also report unknown mailboxes; their words decide.
_VAGUE: Final = frozenset({"0.0", "2.0", "3.0", "4.1", "4.4", "5.0", "7.1"})
#: What Postfix, Exchange, Exim, qmail, Gmail, Outlook and Yahoo say of a mailbox that is not there.
_UNKNOWN_USER = re.compile(
    r"user (?:is )?unknown|unknown user|no such (?:user|mailbox|recipient|person)"
    r"|(?:user|mailbox|recipient|account|address) (?:was |does |is )?not (?:found|exist)"
    r"|does not exist|doesn't (?:exist|have an?)|unrouteable address|unknown local[- ]part"
    r"|mailbox unavailable|invalid (?:recipient|mailbox)|recipient unknown|no mailbox here"
    r"|account (?:has been )?(?:disabled|deleted|closed)|recipnotfound"
    r"|recipient address rejected: access denied|(?:host|domain|name) not found",
    re.IGNORECASE,
)
_FULL = re.compile(r"quota|mailbox (?:is )?full|over ?limit|storage", re.IGNORECASE)
_CONTENT = re.compile(
    r"\bspam|virus|reputation|block(?:ed|list)|blacklist|content rejected", re.IGNORECASE
)
_POLICY = re.compile(r"policy|dmarc|\bspf\b|dkim|relay|authenticat|authoriz", re.IGNORECASE)


@dataclass(frozen=True)
class Status:
    """``type`` as engagement events name it; ``bounce`` of a bounce; ``reason``: a stable word."""

    type: str
    bounce: str | None
    reason: str


def classify(action: str, status: str, words: str) -> Status | None:
    """Return what became of a message; None for what says nothing of it (relayed, expanded).

    ``action`` and ``status`` are those of RFC 3464 section 2.3, ``words`` what the other system
    said. Where they contradict each other, the milder reading holds.
    """
    if action == "delivered":
        return Status("delivered", None, "delivered")
    if action in {"relayed", "expanded"}:
        return None
    code = _code(status, words)
    if action == "delayed" or (code.startswith("4") and action != "failed"):
        return Status("deferred", None, "delayed")
    if code.startswith("5"):
        return _failed(code[2:], words)
    # Given up after trying for days, or for a reason that nobody states.
    is_full = code == "4.2.2" or _FULL.search(words) is not None
    return Status("bounced", SOFT, "full" if is_full else "timed_out")


def _failed(detail: str, words: str) -> Status:
    is_gone = detail in _NO_MAILBOX
    if detail == "2.2" or (not is_gone and _FULL.search(words)):
        return Status("bounced", SOFT, "full")
    if not _CONTENT.search(words) and (
        is_gone or (detail in _VAGUE and _UNKNOWN_USER.search(words))
    ):
        return Status("bounced", HARD, "mailbox")
    is_policy = detail.startswith("7.") or _CONTENT.search(words) or _POLICY.search(words)
    return Status("bounced", SOFT, "policy" if is_policy else "other")


def _code(status: str, words: str) -> str:
    """Return the enhanced code, the more telling one; empty where nobody states any."""
    stated, said = _CODE.search(status), _CODE.search(words)
    if stated is not None and not stated[0].endswith(".0.0"):
        return stated[0]
    if said is not None and (stated is None or said[1] == stated[1]):
        return said[0]
    if stated is not None:
        return stated[0]
    reply = _REPLY.search(words)
    return f"{reply[1][0]}.0.0" if reply else ""
