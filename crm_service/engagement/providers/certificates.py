"""The certificates that SNS signs with: fetched from SNS's own hosts alone, kept for a while.

``SnsHost`` speaks to nothing but port 443 of the host named, proven by its certificate, without
redirects or proxies, and reads a little at most. Callers name hosts by pattern (``sns.py``).
"""

import http.client
import socket
import ssl
import time
from collections.abc import Callable
from threading import Lock
from typing import Final
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from crm_service.clock import utcnow
from crm_service.engagement.providers.delivery import Refused
from crm_service.errors import DomainError

_PORT: Final = 443
_TIMEOUT: Final = 5.0
_PATIENCE: Final = 10.0
_MOST_BYTES: Final = 64 * 1024
_LEAST_BITS: Final = 2048

_KEPT: Final = 24 * 3600.0
_KEPT_FAILURE: Final = 60.0
_MOST_KEPT: Final = 64
#: Within ``_KEPT_FAILURE``.
_MOST_FAILURES: Final = 20


class Unreachable(DomainError):
    """SNS's host did not answer as it should; the same may succeed later."""

    code = "provider_unreachable"


class SnsHost:
    """Fetches from a host of SNS. ``at`` and ``trust`` lead tests to a server of their own."""

    def __init__(
        self, *, at: tuple[str, int] | None = None, trust: ssl.SSLContext | None = None
    ) -> None:
        self._at = at
        self._trust = trust

    def get(self, url: str) -> bytes:
        """Return the body of a plain 200. Raises ``Unreachable``, also for a redirect."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        try:
            return self._get(host, target)
        except (OSError, http.client.HTTPException):
            raise Unreachable("the host of SNS did not answer") from None

    def _get(self, host: str, target: str) -> bytes:
        trust = self._trust or ssl.create_default_context()
        with (
            socket.create_connection(self._at or (host, _PORT), _TIMEOUT) as plain,
            trust.wrap_socket(plain, server_hostname=host) as secure,
        ):
            connection = http.client.HTTPConnection(host)
            connection.sock = secure
            connection.request("GET", target, headers={"Connection": "close"})
            answer = connection.getresponse()
            if answer.status != http.HTTPStatus.OK:
                raise Unreachable(f"the host of SNS answered {answer.status}")
            return _bounded(answer)


def _bounded(answer: http.client.HTTPResponse) -> bytes:
    """Read all of a short answer; endless and dripping ones are given up."""
    deadline = time.monotonic() + _PATIENCE
    read = b""
    while piece := answer.read1(8192):
        read += piece
        if len(read) > _MOST_BYTES or time.monotonic() > deadline:
            raise Unreachable("the host of SNS answered too much, or too slowly")
    return read


class CachedCertificates:
    """Public keys by URL, kept for a day.

    Forgeries that name ever other certificates cause few fetches, hold up nobody whose certificate
    is known, and push none out: failures are kept apart, and fetches a minute are bounded.
    """

    def __init__(self, fetch: Callable[[str], bytes] | None = None) -> None:
        self.fetch = fetch or SnsHost().get
        self._known: dict[str, tuple[float, RSAPublicKey]] = {}
        self._failed: dict[str, float] = {}
        self._lock = Lock()

    def public_key(self, url: str) -> RSAPublicKey:
        """Return the key of the certificate at ``url``, which the caller has checked.

        Raises ``Unreachable``, and ``Refused`` for what is no certificate valid now.
        """
        key = self._fresh(url)
        if key is not None:
            return key
        # One fetch at a time: a hundred deliveries after a restart ask once.
        with self._lock:
            return self._fresh(url) or self._ask(url)

    def _fresh(self, url: str) -> RSAPublicKey | None:
        until, key = self._known.get(url, (0.0, None))
        return key if time.monotonic() < until else None

    def _ask(self, url: str) -> RSAPublicKey:
        now = time.monotonic()
        self._failed = {one: until for one, until in self._failed.items() if now < until}
        if url in self._failed or len(self._failed) >= _MOST_FAILURES:
            raise Unreachable("the certificate could not be fetched; try again")
        # Until it succeeds it counts as failed, whatever is raised.
        self._failed[url] = now + _KEPT_FAILURE
        key = read_certificate(self.fetch(url))
        del self._failed[url]
        while len(self._known) >= _MOST_KEPT:
            self._known.pop(next(iter(self._known)))
        self._known[url] = (now + _KEPT, key)
        return key


def read_certificate(pem: bytes) -> RSAPublicKey:
    """Return the public key of a certificate that is valid now. Raises ``Refused``."""
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        key = certificate.public_key()
    except ValueError:
        raise Refused("bad_certificate") from None
    now = utcnow()
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise Refused("bad_certificate")
    if not isinstance(key, RSAPublicKey) or key.key_size < _LEAST_BITS:
        raise Refused("bad_certificate")
    return key
