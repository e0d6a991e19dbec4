"""Links as senders put them into messages: the URL and the two headers that belong to it."""

from typing import Final

PATH: Final = "/u/"
_ONE_CLICK: Final = "List-Unsubscribe=One-Click"


def url(public_url: str, token: str) -> str:
    """Return the link: under 120 characters on a base URL of 22 (rule 10)."""
    return f"{public_url}{PATH}{token}"


def headers(link: str) -> dict[str, str]:
    """Return the header pair of one-click unsubscribe (RFC 2369 section 3.2, RFC 8058 section 3.1).

    Exactly one URI, which alone says who leaves what; HTTPS wherever ``PUBLIC_URL`` is. Both
    headers must be covered by the sender's DKIM signature.
    """
    return {"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": _ONE_CLICK}
