"""What every adapter is given, what it may raise, and the interface it fulfills.

An adapter proves a delivery before anything in it is believed (``verify``), then takes it apart
(``split``) and reads each event (``read``). It never touches the database or the network; the one
exception, the certificate that SNS signs with, is asked of ``Delivery.certificates``.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from crm_service.engagement.incoming import Incoming
from crm_service.errors import DomainError, Unauthenticated

#: How far a provider's clock may run ahead of ours.
CLOCK_SKEW = timedelta(minutes=5)

JSON = frozenset({"application/json"})


class Refused(Unauthenticated):
    """The delivery is not proven to come from the provider; nothing of it was stored.

    ``reason`` is for the metric and the operator; the sender is told nothing that helps to forge.
    """

    code = "webhook_refused"

    def __init__(self, reason: str) -> None:
        super().__init__("this delivery is not proven to come from the provider")
        self.reason = reason


class Unreadable(DomainError):
    """The delivery is proven, but it is not what the provider documents."""

    code = "unreadable_webhook"


class BadEvent(DomainError):
    """One event of a delivery cannot be kept; the others are."""

    code = "invalid_event"


class Certificates(Protocol):
    """Where the public key comes from that SNS signs with."""

    def public_key(self, url: str) -> RSAPublicKey:
        """Return the key of the certificate at ``url``, which the caller has checked."""


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One request as it came in, with what is needed to judge it.

    ``headers`` have lower-case names; ``url`` is the endpoint's public one, whatever proxies made
    of it; ``fingerprint`` turns parts into the same short text every time, and cannot be guessed
    back.
    """

    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    url: str
    now: datetime
    fingerprint: Callable[..., str]
    settings: Mapping[str, Any] = field(default_factory=dict)
    secrets: Sequence[str] = field(default=(), repr=False)
    certificates: Certificates | None = None

    def header(self, name: str) -> str:
        """Return a header that must be there. Raises ``Refused``."""
        value = self.headers.get(name)
        if not value:
            raise Refused("missing_header")
        return value

    def is_fresh(self, sent_at: datetime, within: timedelta) -> bool:
        """Tell whether ``sent_at`` lies within the endpoint's window, or the provider's usual."""
        seconds = self.settings.get("max_age_seconds")
        oldest = self.now - (timedelta(seconds=seconds) if seconds else within)
        return oldest <= sent_at <= self.now + CLOCK_SKEW


@dataclass(frozen=True)
class Once:
    """A token that a provider uses once, and until when a repetition must be recognized."""

    token: str = field(repr=False)
    until: datetime


@dataclass(frozen=True, kw_only=True)
class Provider:
    """One provider's adapter.

    ``verify`` raises ``Refused``, and returns the token that must not come twice, if there is one.
    ``split`` raises ``Unreadable``; ``read`` yields one event a recipient, and raises ``BadEvent``.
    ``check_secret`` raises ``Invalid`` for what can be no secret of this provider; None where it
    has none. ``makes_secret``: we choose the secret, where none is given. ``subscription`` returns
    what a delivery asks to be confirmed, if it does.
    """

    name: str
    verify: Callable[[Delivery], Once | None]
    split: Callable[[Delivery], Sequence[Any]]
    read: Callable[[Any, Delivery], Iterator[Incoming]]
    check_secret: Callable[[str], None] | None
    check_settings: Callable[[Mapping[str, Any]], None]
    makes_secret: bool = False
    subscription: Callable[[Delivery], str | None] | None = None
    media_types: frozenset[str] = JSON
    body_limit: int = 1024 * 1024
