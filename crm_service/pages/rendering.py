"""Rendering a page for recipients, and the headers that keep it to itself.

No script, no cookie, no outside resource, nothing for search engines or caches (clause no-03).
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from flask import Response, current_app, render_template, request
from flask_babel import force_locale, get_locale

from crm_service.pages import colors, languages, service, stencils, texts, translating
from crm_service.pages.branding import Brand
from crm_service.pages.languages import LANGUAGES, SOURCE
from crm_service.pages.texts import Text

#: Below this path lies everything that recipients are shown.
ROOT: Final = "/u/"

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}

#: A page's, complete, so that nothing is looked up for them.
_PAGE_HEADERS: Final = [("Content-Type", "text/html; charset=utf-8"), *HEADERS.items()]

_STYLE: Final = Path(__file__).parent / "templates" / "pages" / "page.css"


@dataclass(frozen=True)
class Again:
    """How a page that answered a POST is shown again in another language; changes nothing.

    ``path`` is posted to with these ``fields``; the answer must be the same page.
    """

    path: str
    fields: Mapping[str, str] = field(default_factory=dict)


def render(
    template: str,
    *,
    path: str | None,
    brand: Brand | None = None,
    own: str | None = None,
    status: int = 200,
    again: Again | None = None,
    words: Mapping[str, str] | None = None,
    **facts: Any,
) -> Response:
    """Return the page in the reader's language.

    ``path`` is where a GET shows this page, or the next best one (without query); the language
    switch leads there, unless ``again`` says how to repeat a POST. None: nothing shows it once
    more, so there is no switch. ``own`` is the person's language. Templates extend
    ``pages/base.html`` and see ``brand``, ``language``, ``query`` (to be put behind every path they
    lead to: it keeps an explicit choice of language) and ``facts``.

    With ``words`` the page is laid out once for everybody who differs in those alone: ``path`` and
    ``facts`` then have ``stencils.blank(name)`` for each, and a ``repr`` that says all they hold.
    """
    language = _language(own, brand)
    seen = facts | {
        "brand": brand,
        "path": path,
        "again": again,
        "query": query(),
        "language": language,
        "logo": service.shown_logo(brand.controller_id) if brand and brand.controller_id else None,
        "root": root(),
        "style": style_path(brand.color if brand else None),
    }
    if words is None:
        html = _laid_out(template, language, seen)
    else:
        sort = repr((template, seen))
        html = stencils.filled(sort, lambda: _laid_out(template, language, seen), words)
    return Response(html, status, [*_PAGE_HEADERS, ("Content-Language", language)])


def _laid_out(template: str, language: str, seen: Mapping[str, Any]) -> str:
    locale = translating.locale(language)
    with force_locale(locale):
        return render_template(
            template, direction=locale.text_direction, languages=LANGUAGES, **seen
        )


@contextmanager
def in_language(own: str | None, brand: Brand | None) -> Iterator[str]:
    """Speak the reader's language inside: texts, plurals, dates and numbers; yield its code."""
    language = _language(own, brand)
    with force_locale(translating.locale(language)):
        yield language


def _language(own: str | None, brand: Brand | None) -> str:
    return languages.choose(
        asked=request.args.get("lang"),
        own=own,
        accept_language=request.headers.get("Accept-Language", ""),
        default=brand.default_language if brand else None,
    )


def query() -> str:
    """Return ``?lang=…`` where the reader chose a language by it, else nothing."""
    asked = languages.supported(request.args.get("lang"))
    return f"?lang={asked}" if asked else ""


def written(given: Mapping[str, str] | None, *others: str | None) -> Text | None:
    """Return a text of the controller's in the page's language, or the next best one."""
    locale = get_locale()
    return texts.chosen(given, locale.language if locale else SOURCE, *others)


def base_path() -> str:
    """Return the path under which recipients reach this service, without the last slash."""
    return _path_of(current_app.extensions["crm.settings"].public_url)


def root() -> str:
    """Return the path that recipients' links begin with, as browsers know it."""
    return base_path() + ROOT


def public_root() -> str:
    """Return the whole URL that recipients' links begin with."""
    public_url: str = current_app.extensions["crm.settings"].public_url
    return public_url.rstrip("/") + ROOT


def kept(content: bytes, content_type: str) -> Response:
    """Return an answer that caches may keep for good: its URL changes with its content."""
    response = Response(content, content_type=content_type)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def style(color: str) -> Response:
    """Return the one style sheet, in a controller's color (``rrggbb``) or in our own."""
    stated = f"#{color}"
    sheet = _colored(stated) if colors.is_color(stated) else _style_text()
    return kept(sheet.encode(), "text/css; charset=utf-8")


def style_path(color: str | None) -> str:
    """Return where the style sheet is, as browsers know it."""
    query = f"&color={color[1:]}" if color else ""
    return f"{root()}page.css?v={_style_version()}{query}"


def protect(response: Response) -> Response:
    """Put the pages' headers on an answer, unless it has them: for a blueprint's after_request."""
    if "X-Robots-Tag" not in response.headers:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
    return response


@lru_cache(maxsize=8)
def _path_of(url: str) -> str:
    return urlsplit(url).path.rstrip("/")


@cache
def _style_text() -> str:
    return _STYLE.read_text()


@cache
def _style_version() -> str:
    return sha256(_style_text().encode()).hexdigest()[:8]


@lru_cache(maxsize=64)
def _colored(color: str) -> str:
    """Return the sheet with the variables of both themes made anew around ``color``."""
    light, separator, dark = _style_text().partition("@media (prefers-color-scheme: dark)")
    themes = colors.themed(color)
    return _restated(light, themes["light"]) + separator + _restated(dark, themes["dark"])


def _restated(sheet: str, variables: Mapping[str, str]) -> str:
    for name, value in variables.items():
        sheet = re.sub(rf"(--{name}: )#[0-9a-f]{{6}}", rf"\g<1>{value}", sheet, count=1)
    return sheet
