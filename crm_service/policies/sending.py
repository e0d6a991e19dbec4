"""What a policy says about messages on their way: mail that comes back, and tracking of opens."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Sending:
    """The sections ``mail`` and ``tracking``.

    ``inbound_domain``: where bounces and opt-outs by mail arrive; None leaves it to the setting
    ``INBOUND_MAIL_DOMAIN``. ``tracking_purpose``: the purpose that opens and clicks are tracked
    for; None tracks nobody (rule 31).
    """

    inbound_domain: str | None = None
    tracking_purpose: str | None = None


def parse_sending(document: Mapping[str, Any]) -> Sending:
    """Return what a checked document says about it."""
    return Sending(
        inbound_domain=document.get("mail", {}).get("inbound_domain"),
        tracking_purpose=document.get("tracking", {}).get("purpose"),
    )
