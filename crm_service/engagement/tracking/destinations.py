"""Where a tracked link may lead: what cannot be a web address is refused when it is registered."""

import re
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from crm_service.errors import Invalid

MAX_URL: Final = 2000
#: Every character of RFC 3986; anything else, white space and line ends too, is to be encoded.
_CHARACTERS = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+\Z")
_WEB = re.compile(r"https?://[^/?#]", re.IGNORECASE)
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?\.?)+\Z|[0-9a-f:.]+\Z", re.IGNORECASE)
#: A link that names a person would outlive that person's erasure, and pass the name on.
_ADDRESS = re.compile(r"[^\s/?#&=;,@]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+", re.IGNORECASE)
#: What is this service's own: opt-outs are never tracked, and tracking is not tracked again.
_OWN: Final = ("/u/", "/o/", "/r/", "/p/")


def check(url: str, public_url: str) -> str:
    """Return the address if a link may lead there. Raises ``Invalid``: invalid_url, own_link."""
    if not 1 <= len(url) <= MAX_URL:
        raise _invalid(f"must have 1 to {MAX_URL} characters")
    if not _CHARACTERS.match(url):
        raise _invalid(
            "has a character that must be percent-encoded, or a host that needs A-labels"
        )
    if not _WEB.match(url):
        raise _invalid("must begin with http:// or https:// and a host")
    parts = _parts(url)
    if "@" in parts.netloc:
        raise _invalid("must not hold a user name")
    if not _HOST.match(parts.hostname or ""):
        raise _invalid("must name a host")
    if _ADDRESS.search(unquote(unquote(url))):
        raise _invalid("must not hold an e-mail address: it is the same for every recipient")
    if _is_own(parts, public_url):
        raise Invalid(
            "links of this service are sent as they are: an opt-out is never tracked",
            code="own_link",
        )
    return url


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for a port that is none
    except ValueError:
        raise _invalid("is not an address: look at its brackets and its port") from None
    return parts


def _is_own(parts: SplitResult, public_url: str) -> bool:
    ours = urlsplit(public_url)
    if (parts.hostname or "").rstrip(".") != (ours.hostname or ""):
        return False
    path = parts.path.lower().removeprefix(ours.path.lower())
    return path.startswith(_OWN)


def _invalid(message: str) -> Invalid:
    return Invalid(f"a link {message}", code="invalid_url")
