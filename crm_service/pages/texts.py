"""Texts of the controller's, which are there in the languages that it wrote them in."""

from collections.abc import Mapping
from dataclasses import dataclass

from crm_service.pages.languages import SOURCE, supported


@dataclass(frozen=True)
class Text:
    """A text to show; ``lang`` is its language unless that is the page's."""

    text: str
    lang: str | None


def chosen(texts: Mapping[str, str] | None, language: str, *others: str | None) -> Text | None:
    """Return the text in ``language``, else in the first of ``others`` or English, else any.

    None where there is no text at all.
    """
    by_language = {supported(code) or code: code for code in texts or ()}
    for wanted in (language, *others, SOURCE, *by_language):
        code = by_language.get(wanted or "")
        if texts and code is not None:
            return Text(texts[code], None if wanted == language else code)
    return None
