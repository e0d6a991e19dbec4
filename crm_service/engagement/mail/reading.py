"""What a mail is: an opt-out, a report on a message of ours, or nothing for this service."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from crm_service.engagement.mail import mime, proving, reports
from crm_service.engagement.mail.mime import Part, first
from crm_service.engagement.mail.proving import Proof
from crm_service.engagement.mail.statuses import Status
from crm_service.keyring import Keyring
from crm_service.unsubscribe.tokens import Link

_DIGESTED = 64 * 1024


@dataclass(frozen=True)
class Envelope:
    """What the mail system knows besides the mail; ``sender`` is empty for a bounce."""

    recipients: Sequence[str] = ()
    sender: str | None = None


@dataclass(frozen=True)
class Leave:
    """Somebody leaves by mail."""

    link: Link


@dataclass(frozen=True)
class Report:
    """Something became of a message of ours; ``event_id`` is the same whenever it is read."""

    proof: Proof
    status: Status
    event_id: str
    stated_at: datetime | None = None
    message_id: str | None = None
    words: str | None = None


@dataclass(frozen=True)
class Ignored:
    """Not for us, or not proven. ``reason`` is a stable word."""

    reason: str


Finding = Leave | Report | Ignored


@dataclass
class _Mail:
    """One mail being read."""

    raw: bytes
    keyring: Keyring
    envelope: Envelope
    parts: list[Part] = field(init=False)

    def __post_init__(self) -> None:
        self.parts = mime.parse(self.raw)

    @property
    def top(self) -> Part:
        """The mail itself."""
        return self.parts[0]

    @property
    def recipients(self) -> list[str]:
        """Texts that name the recipients."""
        return proving.recipients(self.top.fields, self.envelope.recipients)

    def event_id(self, proof: Proof) -> str:
        """Return what this mail is called as an event about somebody."""
        named = first(self.top.fields, "message-id").encode() or self.raw[:_DIGESTED]
        return hashlib.sha256(named + b"\0" + proof.address_key.bytes).hexdigest()

    def stated_at(self) -> datetime | None:
        """Return the date that the mail bears, if it is one."""
        try:
            found = parsedate_to_datetime(first(self.top.fields, "date")[:100])
        except (ValueError, TypeError, OverflowError, IndexError):
            return None
        try:
            return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
        except (ValueError, OverflowError):
            return None


def read(raw: bytes, keyring: Keyring, envelope: Envelope | None = None) -> Finding:
    """Return what a mail is, by its signed token and its form. Never raises."""
    mail = _Mail(raw, keyring, envelope or Envelope())
    if reports.feedback(mail.parts) is not None:
        return _complaint(mail)
    if reports.delivery(mail.parts) is not None:
        return _delivery(mail)
    if mail.top.report_type:  # a read receipt (RFC 8098) and the like
        return Ignored("other_report")
    by_return = proving.bounce(keyring, mail.recipients)
    if by_return is not None:
        return _returned(mail, by_return)
    if reports.junk_mail(mail.parts) is not None:
        return _complaint(mail)
    return _leaving(mail)


def _leaving(mail: _Mail) -> Finding:
    link = proving.opt_out(mail.keyring, mail.recipients, first(mail.top.fields, "subject"))
    if link is None:
        return Ignored("no_token")
    if reports.is_automatic_reply(mail.top.fields):
        return Ignored("automatic_reply")
    return Leave(link)


def _returned(mail: _Mail, proof: Proof) -> Finding:
    """Judge a mail to a return address that is no report in form."""
    if reports.is_automatic_reply(mail.top.fields):
        return _report(mail, proof, Status("autoresponded", None, "automatic_reply"))
    if not reports.is_from_mail_system(mail.top.fields, mail.envelope.sender):
        return Ignored("reply")
    words = reports.plain_words(mail.parts)
    return _report(mail, proof, reports.unstructured(words), words=reports.telling_line(words))


def _delivery(mail: _Mail) -> Finding:
    message = reports.returned_message(mail.parts)
    proof = proving.bounce(mail.keyring, mail.recipients)
    if proof is None:
        proof = proving.returned(mail.keyring, message)
    if proof is None:
        return Ignored("no_token")
    told = reports.delivery(mail.parts)
    if told is None or told.status is None:
        return Ignored("no_outcome")
    return _report(mail, proof, told.status, words=told.words)


def _complaint(mail: _Mail) -> Finding:
    kind = reports.feedback(mail.parts) or reports.junk_mail(mail.parts) or ""
    message = reports.complained_message(mail.parts)
    proof = proving.complained(mail.keyring, message)
    if proof is None:
        proof = proving.bounce(mail.keyring, mail.recipients)
    if proof is None:
        return Ignored("no_token")
    if kind not in reports.COMPLAINTS:
        return Ignored("no_complaint")
    return _report(mail, proof, Status("complained", None, kind))


def _report(mail: _Mail, proof: Proof, status: Status, *, words: str | None = None) -> Report:
    message = reports.returned_message(mail.parts)
    return Report(
        proof=proof,
        status=status,
        event_id=mail.event_id(proof),
        stated_at=mail.stated_at(),
        message_id=first(message, "message-id")[:200] or None,
        words=words,
    )
