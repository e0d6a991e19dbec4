"""Bounding what sources say, and taking addresses out of it, before it is stored (rule 39)."""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit, urlunsplit

from crm_service.web.redaction import redact

MAX_TEXT = 1_000
MAX_URL = 2_000
MAX_NAME = 200
MAX_TAGS = 20
MAX_METADATA = 20

#: Nobody can see them, and U+0000 fits no text column.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_AT = re.compile(r"%40", re.IGNORECASE)
#: What redaction could find something in.
_SUSPICIOUS = re.compile(r"[@+]|/u/|crm_|[A-Za-z2-7]{60}|(?:DETAIL|CONTEXT|HINT|STATEMENT|QUERY):")


def text(value: str | None, limit: int = MAX_TEXT) -> str | None:
    """Return one line of at most ``limit`` characters without addresses; None where none is left.

    Everything past the limit is cut off before it is looked at: a source may send any length.
    """
    if not value:
        return None
    line = value[:limit]
    if not line.isprintable():
        line = _CONTROL.sub(" ", line)
    if _SUSPICIOUS.search(line):
        line = redact(line)
    return line.strip()[:limit] or None


def name(value: str | None) -> str | None:
    """Return a campaign's, message's or topic's name in bounds, as it was given otherwise."""
    if not value:
        return None
    line = value[:MAX_NAME]
    if not line.isprintable():
        line = _CONTROL.sub(" ", line)
    return line.strip() or None


def url(value: str | None) -> str | None:
    """Return which link was clicked, without addresses, credentials and fragment.

    None for what is no http(s) URL: no page may ever lead to ``javascript:``.
    """
    if not value or not value[:8].lower().startswith(("http://", "https://")):
        return None
    line = _CONTROL.sub("", value[: 2 * MAX_URL])
    try:
        parts = urlsplit(_AT.sub("@", line))
    except ValueError:
        return None
    host = parts.netloc.rpartition("@")[2]
    if not host:
        return None
    query = "&".join(map(_without_address, parts.query.split("&")))
    return text(urlunsplit((parts.scheme, host, parts.path, query, "")), MAX_URL)


def _without_address(pair: str) -> str:
    return f"{pair.partition('=')[0]}=(address)" if "@" in pair.partition("=")[2] else pair


def tags(values: Sequence[str]) -> list[str] | None:
    """Return the first tags, each like a text; None where there is none."""
    if not values:
        return None
    cleaned = [tag for value in values[:MAX_TAGS] if (tag := text(value, MAX_NAME))]
    return cleaned or None


def metadata(values: Mapping[str, str]) -> dict[str, str] | None:
    """Return the first entries, names and values like texts; None where there is none."""
    if not values:
        return None
    cleaned = {}
    for key, value in list(values.items())[:MAX_METADATA]:
        if (label := text(str(key), MAX_NAME)) and (said := text(str(value))):
            cleaned[label] = said
    return cleaned or None
