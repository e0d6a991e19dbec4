"""How a person's browser asks for a page, and how the machines do that gateways are made of."""

from collections.abc import Mapping

#: What Chromium sends when somebody follows a link in a message.
PERSON: Mapping[str, str] = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "en",
    "Sec-Fetch-Site": "cross-site",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-User": "?1",
    "Sec-Fetch-Dest": "document",
}

#: Browsers that people use, by what differs from PERSON; None: not sent.
PEOPLE: dict[str, dict[str, str | None]] = {
    "chrome": {},
    "typed or from another program": {"Sec-Fetch-Site": "none"},
    "safari, which names no user": {
        "User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 "
        "(KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
        "Sec-Fetch-User": None,
    },
    "firefox": {
        "User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 "
        "Firefox/144.0"
    },
    "an old safari, which says nothing": {
        "User-Agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 "
        "(KHTML, like Gecko) Version/15.6 Safari/605.1.15",
        "Sec-Fetch-Site": None,
        "Sec-Fetch-Mode": None,
        "Sec-Fetch-User": None,
        "Sec-Fetch-Dest": None,
    },
}

#: One signal each, by what differs from PERSON.
MACHINES: dict[str, dict[str, str | None]] = {
    "prefetch": {"Sec-Purpose": "prefetch"},
    "prerender": {"Sec-Purpose": "prefetch;prerender"},
    "purpose": {"Purpose": "prefetch"},
    "preview of a page": {"X-Purpose": "preview"},
    "old firefox prefetch": {"X-Moz": "prefetch"},
    "fetched by a script": {"Sec-Fetch-Mode": "cors"},
    "fetched as an image": {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
    "in a frame": {"Sec-Fetch-Dest": "iframe"},
    "nobody pressed": {"Sec-Fetch-User": "?0"},
    "our own page": {"Sec-Fetch-Site": "same-origin"},
    "wants no page": {"Accept": "*/*"},
    "names who runs it": {"From": "robot@example.com"},
    "no user agent": {"User-Agent": None},
    "bare browser name": {"User-Agent": "Mozilla/5.0"},
    "a library": {"User-Agent": "python-requests/2.32"},
    "curl": {"User-Agent": "curl/8.5.0"},
    "headless": {"User-Agent": PERSON["User-Agent"].replace("Chrome", "HeadlessChrome")},
    "search engine": {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"},
    "image proxy": {"User-Agent": "Mozilla/5.0 (Windows NT 5.1) (via ggpht.com GoogleImageProxy)"},
    "link preview": {"User-Agent": "Slackbot-LinkExpanding 1.0"},
    "gateway: barracuda": {"User-Agent": PERSON["User-Agent"] + " BarracudaCentral"},
    "gateway: proofpoint": {"User-Agent": PERSON["User-Agent"] + " (ProofPoint URL Defense)"},
    "gateway: mimecast": {"User-Agent": PERSON["User-Agent"] + " Mimecast"},
    "gateway: safelinks": {"User-Agent": PERSON["User-Agent"] + " BingPreview/1.0b"},
    "gateway: office": {"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Microsoft Office/16.0"},
    "a browser that does not say how it came": {
        "Sec-Fetch-Site": None,
        "Sec-Fetch-Mode": None,
        "Sec-Fetch-User": None,
        "Sec-Fetch-Dest": None,
    },
}


def headers(differing: Mapping[str, str | None]) -> dict[str, str]:
    """Return PERSON's headers with these instead of, beside, or without them."""
    return {name: value for name, value in {**PERSON, **differing}.items() if value is not None}
