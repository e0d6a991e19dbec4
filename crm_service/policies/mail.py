"""What a policy decides about mail: one-time links of this service's own, and what comes back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Mail:
    """Who mails one-time links, and as whom.

    ``proofs``: ``service`` (by SMTP, where the operator has set that up) or ``controller``, whose
    own mailer takes them from ``address_proof.requested.v1``. ``sender`` None leaves it at the
    operator's address, ``name`` None at the controller's name. ``inbound_domain`` is where bounces
    and opt-outs by mail arrive; None leaves it to the setting ``INBOUND_MAIL_DOMAIN``.
    """

    proofs: str = "service"
    sender: str | None = None
    name: str | None = None
    reply_to: str | None = None
    inbound_domain: str | None = None


def parse_mail(stated: Mapping[str, Any] | None) -> Mail:
    """Return what a policy's ``mail`` says; a policy may leave it out."""
    return Mail(**(stated or {}))
