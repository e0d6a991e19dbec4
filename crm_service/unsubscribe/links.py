"""Links as senders put them into messages: the URL and the two headers that belong to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from crm_service.keyring import Keyring
from crm_service.unsubscribe import tokens, verp

PATH: Final = "/u/"
_ONE_CLICK: Final = "List-Unsubscribe=One-Click"
_SUBJECT: Final = "unsubscribe"


def url(public_url: str, token: str) -> str:
    """Return the link: under 120 characters on a base URL of 22 (rule 10)."""
    return f"{public_url}{PATH}{token}"


def headers(link: str, mailto: str | None = None) -> dict[str, str]:
    """Return the header pair of one-click unsubscribe (RFC 2369 section 3.2, RFC 8058 section 3.1).

    The HTTPS URI comes first, since the leftmost is preferred, and alone says who leaves what;
    HTTPS wherever ``PUBLIC_URL`` is. ``mailto`` is for clients that only write mail. Both headers
    must be covered by the sender's DKIM signature.
    """
    uris = f"<{link}>, <{mailto}>" if mailto else f"<{link}>"
    return {"List-Unsubscribe": uris, "List-Unsubscribe-Post": _ONE_CLICK}


@dataclass(frozen=True)
class Aim:
    """What links are for: whose, over which channel, leaving what, named in which campaign."""

    controller_ref: int
    channel: str
    topic_ref: int = 0
    campaign_ref: int = 0


class Ways:
    """Makes the ways out of one aim for any number of addresses.

    With ``mail_domain``, e-mail also gets a way out by mail. Raises ``KeyError`` for a channel
    without links.
    """

    def __init__(
        self, keyring: Keyring, aim: Aim, *, public_url: str, mail_domain: str | None = None
    ) -> None:
        self._base = url(public_url, "")
        self._sign = tokens.signer(
            keyring, aim.controller_ref, aim.channel, aim.topic_ref, aim.campaign_ref
        )
        self._write: verp.Signer | None = None
        self._names_campaign = aim.campaign_ref != 0
        if mail_domain and aim.channel == "email":
            self._write = verp.Signer(
                keyring, verp.UNSUBSCRIBE, aim.controller_ref, aim.topic_ref, mail_domain
            )

    def urls(self, keys: Sequence[bytes]) -> list[str]:
        """Return the link for each raw address key, in order."""
        base = self._base
        return [base + token for token in self._sign.many(keys)]

    def mailtos(self, keys: Sequence[bytes], urls: Sequence[str]) -> list[str] | None:
        """Return for each key the URI of the mail that leaves; None where no mail is received.

        The address is all that is needed; a campaign, for which it has no room, is in the subject.
        """
        if self._write is None:
            return None
        uris = [f"mailto:{address}?subject={_SUBJECT}" for address in self._write.many(keys)]
        if not self._names_campaign:
            return uris
        at = len(self._base)
        return [f"{uri}%20{link[at:]}" for uri, link in zip(uris, urls, strict=True)]

    def headers(self, keys: Sequence[bytes], urls: Sequence[str]) -> list[dict[str, str]]:
        """Return the header pair for each key and its link."""
        mailtos = self.mailtos(keys, urls)
        if mailtos is None:
            return [headers(link) for link in urls]
        return [headers(link, mailto) for link, mailto in zip(urls, mailtos, strict=True)]
