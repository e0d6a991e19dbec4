"""The readable document of a package, as people see it on a screen and on paper."""

from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page

from crm_service.pages.languages import LANGUAGES
from tests.browser.conftest import OpenPage, keep
from tests.browser.test_every_page import WHOLE
from tests.browser.visiting import assert_axe_finds_nothing
from tests.factories import load_policy, make_tenant
from tests.rights import known
from tests.rights.asking import granted
from tests.rights.opening import fetch, opened

pytestmark = pytest.mark.browser

#: The longest words of all are Russian.
SPOKEN = list(LANGUAGES) if WHOLE else ["ru"]
#: Enough for more than a hundred rows.
TIMES = 12
#: The width of A4 between the margins of the style sheet, in CSS pixels.
PAPER = 680
#: Words that lie half in one line, half in the next.
_BROKEN = """() => [...document.querySelectorAll('th, td')].filter(cell => {
    if (cell.textContent.includes('://')) return false;
    const range = document.createRange();
    for (const text of [...cell.childNodes].filter(one => one.nodeType === 3)) {
        for (const word of text.data.matchAll(/\\p{L}+/gu)) {
            range.setStart(text, word.index);
            range.setEnd(text, word.index + word[0].length);
            const lines = new Set([...range.getClientRects()].map(one => Math.round(one.top)));
            if (word[0].length <= 12 && lines.size > 1) return true;
        }
    }
    return false;
}).map(cell => cell.textContent)"""


@pytest.fixture
def document(app: Flask, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """The document of a person with a long history, in the language of the test."""
    tenant = make_tenant(app, policy=load_policy() | {"languages": list(LANGUAGES)})
    contact = known.live(tenant, language=request.param, times=TIMES)
    asked = granted(tenant, "access", contact_id=contact["id"], language=request.param)
    path = tmp_path / "index.html"
    path.write_text(opened(fetch(tenant, asked).data)["index.html"])
    return path


def assert_nothing_sticks_out(page: Page, width: int) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.rule(33)
@pytest.mark.clause("ee-12", "no-08", "se-08", "ws-06", "si-17")
@pytest.mark.parametrize("document", SPOKEN, indirect=True)
def test_the_document_of_a_long_history_can_be_read_on_screen_and_on_paper(
    open_page: OpenPage, document: Path
) -> None:
    page = open_page(java_script_enabled=True)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))

    page.goto(document.as_uri())

    name = f"document-{page.locator('html').get_attribute('lang')}"
    assert asked == [document.as_uri()]
    assert_nothing_sticks_out(page, 1280)
    assert_axe_finds_nothing(page)
    page.set_viewport_size({"width": 320, "height": 640})
    assert_nothing_sticks_out(page, 320)
    page.emulate_media(media="print")
    page.set_viewport_size({"width": PAPER, "height": 1000})
    keep(page, f"{name}-print")
    assert_nothing_sticks_out(page, PAPER)
    assert page.evaluate(_BROKEN) == []
