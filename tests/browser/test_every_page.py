"""Every page in English, one in every language; in ``make test-browser`` every one in every one."""

import os

import pytest
from playwright.sync_api import Page, Response

from crm_service.pages.languages import LANGUAGES
from tests.browser.conftest import OpenPage, keep
from tests.browser.visiting import (
    Visit,
    assert_axe_finds_nothing,
    assert_fits,
    assert_light,
    assert_the_keyboard_reaches_everything_in_order,
)
from tests.browser.visits import VISITS
from tests.unsubscribe.people import Recipient

pytestmark = pytest.mark.browser

#: ``make test-browser`` sets it: the whole cross product instead of what stands for it.
WHOLE = os.environ.get("BROWSER_TESTS") == "all"

SPOKEN = [
    (visit, language)
    for visit in VISITS
    for language in LANGUAGES
    if WHOLE or language == "en" or visit is VISITS[0]
]
PAGES = pytest.mark.parametrize(
    ("visit", "language"), SPOKEN, ids=[f"{visit.name}-{language}" for visit, language in SPOKEN]
)
SMALL = pytest.mark.parametrize(
    ("visit", "language"),
    [(visit, language) for visit, language in SPOKEN if WHOLE or language == "en"],
    ids=lambda given: getattr(given, "name", given),
)
ADAPTED = pytest.mark.parametrize("visit", VISITS if WHOLE else VISITS[:2], ids=lambda v: v.name)


def fetched(page: Page) -> dict[str, bytes]:
    """Return what the page that is loaded next consists of, filled as it is fetched."""
    answers: dict[str, bytes] = {}

    def note(response: Response) -> None:
        if response.request.is_navigation_request():
            answers.clear()
        answers[response.url] = response.body()

    page.on("response", note)
    return answers


@PAGES
@pytest.mark.clause("no-02", "no-03")
def test_a_page_is_accessible_light_and_leaves_nothing_behind(
    server: str, open_page: OpenPage, mari: Recipient, visit: Visit, language: str
) -> None:
    page = open_page(java_script_enabled=True)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    answers = fetched(page)

    visit.go(page, server, mari, f"?lang={language}")

    keep(page, f"{visit.name}-{language}-1280")
    assert page.locator("html").get_attribute("lang") == language
    assert_axe_finds_nothing(page)
    assert_the_keyboard_reaches_everything_in_order(page)
    assert_light(page, answers)
    page.set_viewport_size({"width": 320, "height": 640})
    keep(page, f"{visit.name}-{language}-320")
    assert_fits(page, 320)
    # Pages that say no answer with a status that the console repeats.
    expected = ("404", "409", "410", "422")
    assert [each for each in complaints if not any(code in each for code in expected)] == []
    assert page.context.storage_state() == {"cookies": [], "origins": []}


@SMALL
def test_a_page_fits_a_small_phone_without_javascript(
    server: str, open_page: OpenPage, mari: Recipient, visit: Visit, language: str
) -> None:
    page = open_page(width=320, height=640, color_scheme="dark")

    visit.go(page, server, mari, f"?lang={language}")

    keep(page, f"{visit.name}-{language}-320-dark")
    assert_fits(page, 320)


@ADAPTED
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_stays_usable_in_forced_colors_and_keeps_still(
    server: str, open_page: OpenPage, mari: Recipient, visit: Visit, scheme: str
) -> None:
    page = open_page(java_script_enabled=True, forced_colors="active", color_scheme=scheme)

    visit.go(page, server, mari, "?lang=en")

    keep(page, f"{visit.name}-forced-{scheme}")
    assert_axe_finds_nothing(page, colors=False)
    assert page.evaluate("document.getAnimations().length") == 0


@ADAPTED
def test_a_page_can_be_read_at_twice_its_size(
    server: str, open_page: OpenPage, mari: Recipient, visit: Visit
) -> None:
    page = open_page(width=640, java_script_enabled=True)
    visit.go(page, server, mari, "?lang=et")

    page.evaluate("document.documentElement.style.fontSize = '200%'")

    keep(page, f"{visit.name}-enlarged")
    assert_fits(page, 640)
