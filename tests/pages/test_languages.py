"""In whose language a page is: asked for, the person's, the browser's, the policy's."""

import pytest

from crm_service.pages import languages
from crm_service.pages.texts import Text, chosen


@pytest.mark.parametrize(
    ("asked", "own", "header", "default", "expected"),
    [
        ("sv", "et", "ru", "sl", "sv"),
        (None, "et", "ru", "sl", "et"),
        (None, None, "ru", "sl", "ru"),
        (None, None, "", "sl", "sl"),
        (None, None, "", None, "en"),
        ("tlh", "de", "fr, it;q=0.9", "pl", "en"),
        ("<script>", None, "et", None, "et"),
        (None, "no", "", None, "nb"),
        (None, None, "nn-NO, en;q=0.5", None, "nb"),
        (None, None, "de-DE, de;q=0.9, sl;q=0.4, en;q=0.3", None, "sl"),
        (None, None, "en;q=0, et", None, "et"),
        (None, "ET", "", None, "et"),
        (None, "sv_FI", "", None, "sv"),
        (None, None, "en-GB", "et", "en"),
        (None, None, ";;;=,q=q,*", "et", "et"),
        (None, None, "*", "ru", "ru"),
    ],
)
def test_the_reader_is_spoken_to_in_the_language_that_fits_best(
    asked: str | None, own: str | None, header: str, default: str | None, expected: str
) -> None:
    found = languages.choose(asked=asked, own=own, accept_language=header, default=default)

    assert found == expected


@pytest.mark.parametrize(
    ("texts", "language", "expected"),
    [
        ({"en": "News", "et": "Uudised"}, "et", Text("Uudised", None)),
        ({"en": "News", "et": "Uudised"}, "ru", Text("Uudised", "et")),
        ({"en": "News", "sl": "Novice"}, "ru", Text("News", "en")),
        ({"sl": "Novice"}, "ru", Text("Novice", "sl")),
        ({"no": "Nyheter"}, "nb", Text("Nyheter", None)),
        ({"pt-BR": "Novidades"}, "ru", Text("Novidades", "pt-BR")),
        ({}, "ru", None),
        (None, "ru", None),
    ],
)
def test_a_text_that_is_not_in_the_language_falls_back_and_says_in_which_it_is(
    texts: dict[str, str] | None, language: str, expected: Text | None
) -> None:
    # The person's own language, et, comes before English.
    assert chosen(texts, language, "et") == expected
