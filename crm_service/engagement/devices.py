"""What a user agent tells: client, system and kind of device; and whether it is a machine's.

Lists miss some gateways: what a machine does (``bursts``) is looked at as well. A user agent of any
length costs the same: only its beginning is read, and what was read is remembered.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from ua_parser import parse

from crm_service import gateways
from crm_service.engagement import cleaning

MAX_USER_AGENT = 512
_REMEMBERED = 20_000

_IMAGE_PROXY = re.compile(
    r"image ?proxy|ggpht\.com|mailproxy|mail ?privacy|AppleMail.*proxy|^Mozilla/5\.0$",
    re.IGNORECASE,
)
#: Without mail programs that name an office: there, people open messages.
_SCANNER = re.compile(gateways.NAMES, re.IGNORECASE)
_PREVIEW = re.compile(r"prefetch|preview|slackbot|whatsapp|facebookexternalhit", re.IGNORECASE)

_MOBILE_SYSTEMS = frozenset({"iOS", "Android", "Windows Phone", "KaiOS", "BlackBerry OS", "Tizen"})
_DESKTOP_SYSTEMS = frozenset({"Windows", "Mac OS X", "Linux", "Ubuntu", "Fedora", "Chrome OS"})
_TABLET = re.compile(r"iPad|Tablet|Kindle|Silk", re.IGNORECASE)


class Device(NamedTuple):
    """What is kept of a user agent. ``signal``: by what a machine is recognized, None: it is not.

    ``client`` and ``os`` name family and major version; ``kind`` is mobile, tablet, desktop or bot.
    """

    client: str | None = None
    os: str | None = None
    kind: str | None = None
    signal: str | None = None


NOTHING = Device()


def read(user_agent: str | None) -> Device:
    """Return what a user agent tells; nothing of one that is missing."""
    return _read(user_agent[:MAX_USER_AGENT]) if user_agent else NOTHING


@lru_cache(_REMEMBERED)
def _read(user_agent: str) -> Device:
    found = parse(user_agent)
    client, system, device = found.user_agent, found.os, found.device
    family = device.family if device else ""
    signal = _signal(user_agent, is_spider=family == "Spider")
    return Device(
        client=_named(client.family, client.major) if client else None,
        os=_named(system.family, system.major) if system else None,
        kind="bot" if signal else _kind(user_agent, system.family if system else ""),
        signal=signal,
    )


def _named(family: str, major: str | None) -> str | None:
    return cleaning.name(f"{family} {major}"[:100] if major else family[:100])


def _kind(user_agent: str, system: str) -> str | None:
    if _TABLET.search(user_agent) or (system == "Android" and "Mobile" not in user_agent):
        return "tablet"
    if system in _MOBILE_SYSTEMS:
        return "mobile"
    return "desktop" if system in _DESKTOP_SYSTEMS else None


def _signal(user_agent: str, *, is_spider: bool) -> str | None:
    if _IMAGE_PROXY.search(user_agent.strip()):
        return "image_proxy"
    if _SCANNER.search(user_agent):
        return "scanner"
    if _PREVIEW.search(user_agent):
        return "prefetch"
    if is_spider or gateways.is_crawler(user_agent):
        return "crawler"
    return None
