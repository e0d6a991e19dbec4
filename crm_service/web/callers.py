"""Where a request comes from, as coarse as limits need it: never stored, never logged."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from flask import Request, current_app, request

_PREFIX_BITS = {4: 24, 6: 48}


def ip_prefix() -> str | None:
    """Return the network of the current request's client: /24 of IPv4, /48 of IPv6.

    None where no address is known: behind a unix socket without a trusted proxy.
    """
    return prefix_of(request, current_app.extensions["crm.settings"].trusted_proxies)


def prefix_of(sent: Request, trusted_proxies: int) -> str | None:
    """Return the network of the client as the outermost of our own proxies saw it.

    ``trusted_proxies`` is how many of them append to ``X-Forwarded-For``; whatever stands further
    left is the client's own claim, and with 0 the whole header is.
    """
    address = _address(sent.remote_addr or "")
    if trusted_proxies:
        hops = ",".join(sent.headers.getlist("X-Forwarded-For")).split(",")
        address = _address(hops[-min(trusted_proxies, len(hops))]) or address
    if address is None:
        return None
    return str(ip_network((address, _PREFIX_BITS[address.version]), strict=False))


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """Read an address as proxies write it: also ``[2001:db8::1]:443`` and ``192.0.2.1:443``."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
