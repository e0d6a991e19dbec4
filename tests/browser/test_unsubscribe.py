import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage, keep
from tests.browser.visiting import assert_fits
from tests.unsubscribe.people import Recipient

pytestmark = pytest.mark.browser

LOOKS = pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (1280, "dark")])


@LOOKS
@pytest.mark.rule(11, 12, 14)
@pytest.mark.clause("ee-14")
def test_one_press_leaves_and_another_takes_it_back_without_javascript(
    server: str, open_page: OpenPage, mari: Recipient, width: int, scheme: str
) -> None:
    page = open_page(width=width, color_scheme=scheme)
    page.goto(server + mari.path)
    assert_fits(page, width)
    keep(page, f"question-{width}-{scheme}")
    assert mari.blocks() == set()

    page.get_by_role("button").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You have left Spring offers")
    assert_fits(page, width)
    keep(page, f"result-{width}-{scheme}")
    assert mari.blocks() == {("topic", "offers")}

    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Undone")
    assert_fits(page, width)
    keep(page, f"undone-{width}-{scheme}")
    assert mari.blocks() == set()


@LOOKS
@pytest.mark.rule(15)
@pytest.mark.clause("ee-14")
def test_topics_are_left_one_by_one_and_all_at_once(
    server: str, open_page: OpenPage, mari: Recipient, width: int, scheme: str
) -> None:
    page = open_page(width=width, color_scheme=scheme)
    page.goto(server + mari.path)

    page.get_by_role("link", name="See every topic").click()
    assert_fits(page, width)
    keep(page, f"preferences-{width}-{scheme}")
    page.get_by_role("button", name="Leave Courses & webinars").click()
    expect(page.get_by_role("status")).to_contain_text("You have left Courses & webinars")
    assert_fits(page, width)
    keep(page, f"preferences-left-{width}-{scheme}")
    assert mari.blocks() == {("topic", "courses")}

    page.get_by_role("button", name="Leave all marketing").click()
    expect(page.get_by_role("status")).to_contain_text("You have left all marketing")
    keep(page, f"preferences-all-{width}-{scheme}")
    assert mari.blocks() == {("topic", "courses"), ("marketing", None)}


@pytest.mark.rule(15)
def test_ticking_the_box_leaves_everything(
    server: str, open_page: OpenPage, mari: Recipient
) -> None:
    page = open_page(width=320)
    page.goto(server + mari.path)

    page.get_by_role("checkbox").check()
    page.get_by_role("button").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("You have left all marketing")
    keep(page, "result-all-320")
    assert mari.blocks() == {("marketing", None)}


@pytest.mark.rule(12)
def test_the_keyboard_alone_is_enough(server: str, open_page: OpenPage, mari: Recipient) -> None:
    page = open_page()
    page.goto(server + mari.path)

    page.keyboard.press("Tab")
    expect(page.get_by_role("checkbox")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button")).to_be_focused()
    keep(page, "question-focus")
    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_contain_text("You have left")


@pytest.mark.clause("no-02", "no-03")
@pytest.mark.rule(10)
def test_the_pages_load_nothing_from_elsewhere_and_leave_nothing_behind(
    server: str, open_page: OpenPage, mari: Recipient
) -> None:
    page = open_page(java_script_enabled=True)
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))

    page.goto(server + mari.path)
    page.get_by_role("button").click()
    page.get_by_role("link", name="See every topic").click()

    assert complaints == []
    assert {re.sub(r"\?.*", "", url.removeprefix(server)) for url in asked} == {
        mari.path,
        mari.path + "/preferences",
        "/u/page.css",
    }
    assert page.context.cookies() == []
    assert page.context.storage_state() == {"cookies": [], "origins": []}
