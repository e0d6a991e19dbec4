"""What mail systems say about a message: in reports (RFC 3464, RFC 5965), and in words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from crm_service.engagement.mail import statuses
from crm_service.engagement.mail.mime import Fields, Part, fields, first, groups, split
from crm_service.engagement.mail.statuses import Status

#: Feedback types that complain of a message (RFC 5965 section 7.3); ``not-spam`` is the contrary,
#: and the others are not about what the recipient thinks.
COMPLAINTS: Final = frozenset({"abuse", "fraud"})

_DELIVERY: Final = ("message/delivery-status", "message/global-delivery-status")
_FEEDBACK: Final = "message/feedback-report"
_MESSAGES: Final = ("message/rfc822", "message/global")
_HEADERS: Final = ("text/rfc822-headers", "message/global-headers")
_MAX_WORDS: Final = 500
_MAX_TEXT: Final = 64 * 1024
#: The mildest first: what one mailbox of several lacks is no failure of the address.
_MILDNESS: Final = ("delivered", "deferred", "autoresponded", "bounced")

_MAIL_SYSTEM = re.compile(r"mailer[-_ ]?daemon|postmaster|mail delivery (?:sub)?system", re.I)
_TELLING = re.compile(r"(?<![\d.])(?:[45]\.\d{1,3}\.\d{1,3}|[45]\d\d[ -])")


@dataclass(frozen=True)
class Delivery:
    """What a delivery report says of one message, and in which words; no status: nothing."""

    status: Status | None
    words: str | None = None


def delivery(parts: Sequence[Part]) -> Delivery | None:
    """Return what a delivery status notification says; None where the mail is none (RFC 3464).

    A message has one recipient; where a list behind it reports several, the mildest counts.
    """
    stated = next((part for part in parts if part.type in _DELIVERY), None)
    if stated is None:
        return None
    told = [_of_recipient(group) for group in groups(stated.content) if "action" in group]
    known = [one for one in told if one.status is not None]
    return min(known, key=_severity, default=Delivery(None))


def _of_recipient(group: Fields) -> Delivery:
    action = first(group, "action").strip().lower()
    words = first(group, "diagnostic-code")[:_MAX_WORDS]
    if action not in {"failed", "delayed", "delivered", "relayed", "expanded"}:
        return Delivery(None)
    return Delivery(statuses.classify(action, first(group, "status"), words), words or None)


def _severity(told: Delivery) -> tuple[int, bool]:
    status = told.status
    if status is None or status.type not in _MILDNESS:
        return -1, False
    return _MILDNESS.index(status.type), status.bounce == statuses.HARD


def feedback(parts: Sequence[Part]) -> str | None:
    """Return the feedback type of a complaint report; None where the mail is none (RFC 5965)."""
    for part in parts:
        if part.type == _FEEDBACK:
            return first(fields(part.content), "feedback-type").strip().lower() or "other"
    return None


def junk_mail(parts: Sequence[Part]) -> str | None:
    """Return ``abuse`` for Outlook's older junk mail reports, which only attach the message."""
    attached = any("x-hmxmroriginalrecipient" in one for one in _attached(parts))
    return "abuse" if attached else None


def returned_message(parts: Sequence[Part]) -> Fields:
    """Return the header of the message that a report sends back; empty where it sends none."""
    return next(iter(_attached(parts)), {})


def complained_message(parts: Sequence[Part]) -> Fields:
    """Return the same for a complaint, with the envelope's sender where the report states it."""
    message = dict(returned_message(parts))
    for part in parts:
        if part.type == _FEEDBACK:
            stated = fields(part.content).get("original-mail-from", ())
            message["return-path"] = (*stated, *message.get("return-path", ()))
    return message


def _attached(parts: Sequence[Part]) -> list[Fields]:
    found = []
    for part in parts:
        if part.type in _MESSAGES:
            found.append(split(part.content)[0])
        elif part.type in _HEADERS:
            found.append(fields(part.content))
    return found


def is_automatic_reply(of: Fields) -> bool:
    """Tell whether a program answered for a person (RFC 3834 section 5, and what came before)."""
    automatic = first(of, "auto-submitted").strip().lower()
    if automatic.startswith(("auto-replied", "auto-notified")):
        return True
    if "x-autoreply" in of or "x-autorespond" in of:
        return True
    precedence = first(of, "precedence").strip().lower()
    return precedence == "auto_reply" or first(of, "x-precedence").strip().lower() == "auto_reply"


def is_from_mail_system(of: Fields, sender: str | None) -> bool:
    """Tell whether a mail has the empty sender of bounces (RFC 5321 section 4.5.5), or says so."""
    if sender is not None and sender.strip(" <>") == "":
        return True
    if first(of, "return-path").strip() == "<>":
        return True
    return _MAIL_SYSTEM.search(first(of, "from")[:_MAX_WORDS]) is not None


def plain_words(parts: Sequence[Part]) -> str:
    """Return the beginning of the first text of a mail."""
    texts = (part.text for part in parts if part.type == "text/plain")
    return next(texts, "")[:_MAX_TEXT]


def telling_line(words: str) -> str | None:
    """Return the first line that has a code in it."""
    for line in words.splitlines():
        if _TELLING.search(line):
            return line.strip()[:_MAX_WORDS]
    return None


def unstructured(words: str) -> Status:
    """Judge a bounce that says in words alone what happened; soft where it does not say it."""
    said = telling_line(words) or ""
    found = statuses.classify("failed", "", said or words[:2000])
    return found or Status("bounced", statuses.SOFT, "other")
