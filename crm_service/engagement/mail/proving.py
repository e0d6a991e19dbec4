"""Whose mail it is: the signed tokens in addresses and header fields. Nothing else is believed.

What a token proves is its purpose alone. An opt-out (``unsub+…``, a link of ours) can leave, and
can complain; a bounce blocks service mail, too, and needs the return address of the message: who
was merely forwarded a message must not be able to do that (rule 10).
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from crm_service.engagement.mail.mime import Fields
from crm_service.keyring import Keyring
from crm_service.unsubscribe import tokens, verp
from crm_service.unsubscribe.tokens import Link
from crm_service.unsubscribe.verp import BOUNCE, CAMPAIGN_SHIFT, UNSUBSCRIBE, Returned

#: Fields that name to whom a mail was delivered, the envelope's first.
_RECIPIENTS = (
    "x-original-to",
    "delivered-to",
    "envelope-to",
    "x-envelope-to",
    "x-rcpt-to",
    "x-forwarded-to",
    "to",
    "cc",
    "received",
)
#: Fields of a returned message that hold its return address; the last is for senders who cannot
#: set the envelope.
_RETURN_PATHS = ("return-path", "x-crm-return-path", "errors-to", "sender")
#: More than any header field holds.
_MAX_TEXT = 8 * 1024


@dataclass(frozen=True)
class Proof:
    """Who is meant. References as tokens have them; ``campaigns``: the first and last possible."""

    controller_ref: int
    address_key: uuid.UUID
    topic_ref: int | None = None
    campaigns: tuple[int, int] | None = None


def recipients(of: Fields, envelope: Iterable[str] = ()) -> list[str]:
    """Return the texts that name a mail's recipients, the envelope's first."""
    named = (text for name in _RECIPIENTS for text in of.get(name, ()))
    return [text[:_MAX_TEXT] for text in (*envelope, *named)]


def bounce(keyring: Keyring, texts: Iterable[str]) -> Proof | None:
    """Return whom the first genuine return address in ``texts`` names."""
    for text in texts:
        for said in verp.addresses_in(keyring, text[:_MAX_TEXT], BOUNCE):
            return _of_bounce(said)
    return None


def returned(keyring: Keyring, message: Fields) -> Proof | None:
    """Return whose a returned message was, by the return address in its header."""
    return bounce(keyring, (text for name in _RETURN_PATHS for text in message.get(name, ())))


def opt_out(keyring: Keyring, texts: Iterable[str], subject: str = "") -> Link | None:
    """Return what the first genuine opt-out address in ``texts`` leaves, or the link in a subject.

    A subject also tells the campaign, for which an address has no room.
    """
    of_subject = tokens.read(keyring, subject[:1000]) if subject else None
    for text in texts:
        for said in verp.addresses_in(keyring, text[:_MAX_TEXT], UNSUBSCRIBE):
            link = Link(said.controller_ref, "email", said.address_key, said.reference)
            return of_subject if of_subject and _is_same(of_subject, link) else link
    return of_subject


def complained(keyring: Keyring, message: Fields) -> Proof | None:
    """Return whose message is complained about: by its return address, else by its way out."""
    by_return = returned(keyring, message)
    if by_return is not None:
        return by_return
    for text in message.get("list-unsubscribe", ()):
        for uri in text.split(","):
            link = opt_out(keyring, [uri]) or tokens.read(keyring, uri.rpartition("/")[2])
            if link is not None and link.channel == "email":
                return _of_link(link)
    return None


def _of_link(link: Link) -> Proof:
    campaigns = (link.campaign_ref, link.campaign_ref) if link.campaign_ref else None
    return Proof(link.controller_ref, link.address_key, link.topic_ref, campaigns)


def _of_bounce(said: Returned) -> Proof:
    low = said.reference << CAMPAIGN_SHIFT
    campaigns = (low, low + (1 << CAMPAIGN_SHIFT) - 1) if said.reference else None
    return Proof(said.controller_ref, said.address_key, campaigns=campaigns)


def _is_same(one: Link, other: Link) -> bool:
    return (one.controller_ref, one.address_key) == (other.controller_ref, other.address_key)
