"""Showing an address so that only its owner recognizes it: links are forwarded (email.md)."""


def masked(address: str | None) -> str | None:
    """Return ``m•••@e•••.com`` for an e-mail, ``•••12`` for a phone; None for none."""
    if not address:
        return None
    local, at, domain = address.lower().rpartition("@")
    if not at:
        return f"•••{address[-2:]}"
    host, _, suffix = domain.rpartition(".")
    return f"{local[:1]}•••@{host[:1]}•••.{suffix}"
