"""Which language a page is in: asked for, the person's own, the browser's, the policy's."""

from functools import lru_cache
from typing import Final

from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

#: Every language that the pages speak, by what it calls itself, in the order of the switch.
LANGUAGES: Final = {
    "en": "English",
    "et": "Eesti",
    "nb": "Norsk bokmål",
    "sl": "Slovenščina",
    "sv": "Svenska",
    "ru": "Русский",
}
#: What the texts in the code are written in; spoken where nobody asked for anything we have.
SOURCE: Final = "en"

#: Norwegian without saying which reads Bokmål; so does who asked for Nynorsk, which is nearest.
_ALIASES: Final = {"no": "nb", "nn": "nb"}


def supported(code: str | None) -> str | None:
    """Return the language that ``code`` (BCP 47, any case) is served in, or None."""
    primary = (code or "").replace("_", "-").partition("-")[0].lower()
    language = _ALIASES.get(primary, primary)
    return language if language in LANGUAGES else None


@lru_cache(maxsize=256)
def from_header(accept_language: str) -> str | None:
    """Return the language that a browser likes best of those we have, or None (RFC 9110 12.5.4)."""
    accepted = parse_accept_header(accept_language[:500], LanguageAccept)
    return next((found for code, weight in accepted if weight and (found := supported(code))), None)


def choose(*, asked: str | None, own: str | None, accept_language: str, default: str | None) -> str:
    """Return the first that is served: what the URL asks for, the person's, browser's, policy's."""
    return (
        supported(asked)
        or supported(own)
        or from_header(accept_language)
        or supported(default)
        or SOURCE
    )
