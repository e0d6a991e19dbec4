"""Mails as systems write them, addressed to return addresses that a keyring really signed."""

import uuid
from dataclasses import dataclass
from pathlib import Path

from crm_service.keyring import Keyring
from crm_service.unsubscribe import tokens, verp
from crm_service.unsubscribe.links import Aim, Ways
from crm_service.unsubscribe.tokens import Link

FOLDER = Path(__file__).parent / "samples"


@dataclass(frozen=True)
class Sent:
    """A message that was sent to somebody: what its header proved."""

    keyring: Keyring
    controller_ref: int
    address_key: uuid.UUID
    topic_ref: int = 9
    campaign_ref: int = 0

    @property
    def link(self) -> Link:
        """What its link leaves."""
        return Link(
            self.controller_ref, "email", self.address_key, self.topic_ref, self.campaign_ref
        )

    @property
    def places(self) -> dict[str, str]:
        """What stands for the placeholders of the samples."""
        aim = Aim(self.controller_ref, "email", self.topic_ref, self.campaign_ref)
        ways = Ways(
            self.keyring, aim, public_url="https://crm.example.com", mail_domain="in.example.com"
        )
        [url] = ways.urls([self.address_key.bytes])
        [unsub] = self._address(verp.UNSUBSCRIBE, self.topic_ref)
        [bounce] = self._address(verp.BOUNCE, self.campaign_ref >> verp.CAMPAIGN_SHIFT)
        return {
            "bounce": bounce,
            "unsub": unsub,
            "unsub_upper": unsub.upper(),
            "url": url,
            "token": tokens.sign(self.keyring, self.link),
        }

    def mail(self, name: str) -> bytes:
        """Return the sample of that name about this message, with the line ends of the wire."""
        text = (FOLDER / f"{name}.eml").read_text()
        for place, value in self.places.items():
            text = text.replace(f"{{{place}}}", value)
        return text.replace("\n", "\r\n").encode()

    def _address(self, purpose: str, reference: int) -> list[str]:
        signer = verp.Signer(
            self.keyring, purpose, self.controller_ref, reference, "in.example.com"
        )
        return signer.many([self.address_key.bytes])
