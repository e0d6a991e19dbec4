"""What a check hands out with its verdicts: ways out, return addresses, links, preferences."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from crm_service.keyring import Keyring
from crm_service.unsubscribe import verp
from crm_service.unsubscribe.links import Aim, Ways

LINKS, RETURN_PATH, TRACKING = "links", "return_path", "tracking"
PREFERENCES = "preferences"
#: Everything that ``include`` may name.
INCLUDES = (LINKS, RETURN_PATH, TRACKING, PREFERENCES)


class Extra(Protocol):
    """Makes what is added to the results of addresses, while the database judges them."""

    def make(self, keys: Sequence[bytes]) -> list[Mapping[str, Any]]:
        """Return the fields for each raw address key, in order."""
        ...


class WaysOut:
    """The unsubscribe URL and the two headers that belong to it."""

    def __init__(self, ways: Ways) -> None:
        self._ways = ways

    def make(self, keys: Sequence[bytes]) -> list[Mapping[str, Any]]:
        """Return URL and headers for each key."""
        urls = self._ways.urls(keys)
        pairs = zip(urls, self._ways.headers(keys, urls), strict=True)
        return [{"unsubscribe_url": url, "headers": headers} for url, headers in pairs]


class ReturnPaths:
    """The envelope sender that bounces come back to, proving whose they are."""

    def __init__(self, keyring: Keyring, aim: Aim, domain: str) -> None:
        reference = aim.campaign_ref >> verp.CAMPAIGN_SHIFT
        self._signer = verp.Signer(keyring, verp.BOUNCE, aim.controller_ref, reference, domain)

    def make(self, keys: Sequence[bytes]) -> list[Mapping[str, Any]]:
        """Return the return address for each key."""
        return [{"return_path": address} for address in self._signer.many(keys)]


def add(
    answers: Sequence[dict[str, Any]],
    keys: Sequence[bytes | None],
    made: Sequence[Mapping[str, Any]],
) -> None:
    """Add what was made to every result with a valid address; ``made`` is in their order."""
    valid = (answer for answer, key in zip(answers, keys, strict=True) if key is not None)
    for answer, fields in zip(valid, made, strict=True):
        answer.update(fields)
