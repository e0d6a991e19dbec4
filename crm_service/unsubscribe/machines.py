"""What shows that a link was opened by a machine, in one request alone (rule 13).

Signals only ever prevent: each proves a machine, and none of them proves a person. A browser that
a person uses sends none; whoever is taken for a machine by mistake sees the page with the button.
"""

import re
from functools import cache, lru_cache
from typing import Final

from werkzeug.datastructures import Headers

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

#: Gateways that check messages, which lists of crawlers leave out.
_GATEWAY: Final = re.compile(
    r"barracuda|proofpoint|urldefense|mimecast|messagelabs|symantec|trend ?micro|sophos|fireeye|"
    r"trellix|ironport|cisco-?secure|forcepoint|websense|zscaler|f-secure|withsecure|fortinet|"
    r"fortiguard|mcafee|skyhigh|kaspersky|check ?point|avanan|safelinks|bingpreview|cloudmark|"
    r"vade|hornetsecurity|spamtitan|mailscanner|mailguard|virustotal|urlscan|phish|opendns|"
    r"paloalto|wildfire|egress|perception-point|abnormal|ms-?office|microsoft office|"
    r"existence ?discovery|linkcheck|url ?scan|headless|phantomjs|puppeteer|playwright|selenium",
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
    if not _BROWSER.match(user_agent) or _GATEWAY.search(user_agent):
        return True
    return any(pattern.search(user_agent) for pattern in _crawlers())


@cache
def _crawlers() -> list[re.Pattern[str]]:
    """Return the list's patterns, some at once: compiled when first needed."""
    # Here: reading the list takes time and memory that only instant links need.
    from crawleruseragents import CRAWLER_USER_AGENTS_DATA  # noqa: PLC0415

    patterns = [entry["pattern"] for entry in CRAWLER_USER_AGENTS_DATA]
    return [re.compile("|".join(patterns[at : at + 25])) for at in range(0, len(patterns), 25)]
