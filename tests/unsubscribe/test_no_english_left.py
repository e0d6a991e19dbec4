"""Every page in every language says nothing in English, and says it in its own markup."""

import re

import pytest

from crm_service.pages import extracting
from crm_service.pages.extracting import TARGETS
from crm_service.pages.translating import ROOMS
from tests.unsubscribe.people import Recipient
from tests.unsubscribe.test_pages import Elements, pages

#: Every sentence of ours as it stands in templates, without what is put into it.
SAID = {
    part.strip()
    for room in extracting.speaking()
    for message in extracting.texts(room)
    for text in ([message.id] if isinstance(message.id, str) else message.id)
    for part in re.split(r"%\(\w+\)s", text)
    if len(part.strip()) > 5
}


def words_of(html: str) -> str:
    """Return what stands between the tags and in labels, without the language switch."""
    html = re.sub(r'<(nav|form) class="languages".*?</\1>', "", html, flags=re.DOTALL)
    labels = " ".join(re.findall(r'aria-label="([^"]*)"', html))
    return re.sub(r"<[^>]+>", "\n", html) + labels


@pytest.mark.parametrize("language", TARGETS)
def test_no_page_says_anything_in_english(mari: Recipient, language: str) -> None:
    for name, html in pages(mari, language).items():
        words = words_of(html)

        assert Elements(html).named("html")[0]["lang"] == language, name
        assert {text for text in SAID if re.search(rf"\b{re.escape(text)}", words)} == set(), name


def test_every_text_stands_in_a_call_that_translates_it() -> None:
    for template in ROOMS.glob("*/templates/*/*.html"):
        if not (template.parent.parent.parent / "translations").is_dir():
            continue
        text = template.read_text()
        bare = re.sub(r"{%.*?%}|{{.*?}}|{#.*?#}", "", text, flags=re.DOTALL)
        bare = re.sub(r"<[^>]+>", "", bare)
        assert not re.findall(r"[A-Za-z]{3,}", bare), template.name
