"""What shows that a link was opened by a machine, in one request alone (rule 13).

Signals only ever prevent: each proves a machine, and none of them proves a person. A browser that
a person uses sends none; whoever is taken for a machine by mistake sees the page with the button.
"""

import re
from functools import lru_cache
from typing import Final

from werkzeug.datastructures import Headers

from crm_service import gateways

#: Sent by whoever fetches a page before anybody asked for it.
_AHEAD: Final = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")

#: What a browser says of a page that its person opens (Fetch Metadata). Absent in old browsers, and
#: ``Sec-Fetch-User`` in some that are new.
_OPENED: Final = {
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Dest": "document",
    "Sec-Fetch-User": "?1",
}

#: Links of our own pages, which show and never act: the language switch, the way back.
_OUR_OWN: Final = frozenset({"same-origin", "same-site"})

#: Every browser of today begins so; what ends here is an image proxy.
_BROWSER: Final = re.compile(r"Mozilla/5\.0 \(.+\) ?\S")
_MODERN: Final = re.compile(r"(?:Chrome/(?:[89]\d|\d{3,})|Firefox/(?:9\d|\d{3,}))\.")

#: Gateways; programs of offices, which fetch links that nobody opened; driven browsers.
_MACHINE: Final = re.compile(
    gateways.NAMES
    + "|ms-?office|microsoft office|headless|phantomjs|puppeteer|playwright|selenium",
    re.IGNORECASE,
)
_MAX_USER_AGENT: Final = 512


def signal(method: str, headers: Headers, *, is_secure: bool) -> str | None:
    """Return what gives a machine away in one request, or None.

    ``is_secure``: recipients reach the service by https, where today's browsers always say how a
    page was opened.
    """
    user_agent = headers.get("User-Agent", "")[:_MAX_USER_AGENT]
    found = {
        "method": method != "GET",
        "prefetch": any(headers.get(name) for name in _AHEAD),
        "navigation": any(headers.get(name, said) != said for name, said in _OPENED.items()),
        "own_page": headers.get("Sec-Fetch-Site") in _OUR_OWN,
        "client": "text/html" not in headers.get("Accept", "") or "From" in headers,
        "disguise": is_secure and "Sec-Fetch-Mode" not in headers and _is_modern(user_agent),
    }
    given_away = next((name for name, is_so in found.items() if is_so), None)
    return given_away or ("user_agent" if is_scanner(user_agent) else None)


def _is_modern(user_agent: str) -> bool:
    return bool(_MODERN.search(user_agent))


@lru_cache(maxsize=4096)
def is_scanner(user_agent: str) -> bool:
    """Tell whether this is no browser's user agent, or one that is known for a machine's."""
    if not _BROWSER.match(user_agent) or _MACHINE.search(user_agent):
        return True
    return gateways.is_crawler(user_agent)
