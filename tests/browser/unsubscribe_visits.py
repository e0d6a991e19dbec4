"""The pages of an unsubscribe link."""

from playwright.sync_api import Page, expect

from tests.browser.visiting import Visit, activate
from tests.pages.test_branding import BRANDING, plain
from tests.unsubscribe.machinery import PERSON
from tests.unsubscribe.people import Recipient


def question(page: Page, server: str, mari: Recipient, query: str) -> None:
    """The page with the one button."""
    page.goto(server + mari.path + query)


def result(page: Page, server: str, mari: Recipient, query: str) -> None:
    """What the button leads to."""
    question(page, server, mari, query)
    _press(page)
    expect(page.locator("[role=status]")).to_be_visible()


def left_everything(page: Page, server: str, mari: Recipient, query: str) -> None:
    """What the button leads to when the box is ticked."""
    question(page, server, mari, query)
    page.get_by_role("checkbox").check()
    _press(page)


def already(page: Page, server: str, mari: Recipient, query: str) -> None:
    """A link opened again."""
    result(page, server, mari, query)
    question(page, server, mari, query)


def nothing_more(page: Page, server: str, mari: Recipient, query: str) -> None:
    """A link opened again when there is nothing more to leave."""
    left_everything(page, server, mari, query)
    mari.tenant.client.delete("/v1/topics/offers")
    question(page, server, mari, query)


def undone(page: Page, server: str, mari: Recipient, query: str) -> None:
    """A click taken back."""
    result(page, server, mari, query)
    page.locator("form.undo button").click()


def not_undone(page: Page, server: str, mari: Recipient, query: str) -> None:
    """A click taken back twice: here, and before in another window."""
    result(page, server, mari, query)
    proof = page.locator("form.undo [name=proof]").input_value()
    mari.browser.post(f"{mari.path}/undo", data={"proof": proof})
    page.locator("form.undo button").click()


def unknown(page: Page, server: str, mari: Recipient, query: str) -> None:
    """A damaged link."""
    page.goto(server + mari.path[:-3] + query)


def sender_left(page: Page, server: str, mari: Recipient, query: str) -> None:
    """A link of a controller that is being offboarded."""
    closing = "UPDATE controllers SET closed_at = now() WHERE id = %s"
    mari.admin.execute(closing, (mari.tenant.controller_id,))
    question(page, server, mari, query)


def branded(page: Page, server: str, mari: Recipient, query: str) -> None:
    """The question in the controller's color, with its logo and footer."""
    activate(mari, {"branding": BRANDING})
    logo = mari.tenant.client.put("/v1/branding/logo", data=plain(480, 96))
    assert logo.status_code == 200
    question(page, server, mari, query)
    expect(page.locator("img")).to_be_visible()


def instant(page: Page, server: str, mari: Recipient, query: str) -> None:
    """A link that acts when it is opened. Asking for a language would only show."""
    activate(mari, {"unsubscribe": {"link_mode": "instant"}})
    language = query.removeprefix("?lang=")
    page.set_extra_http_headers({"Accept-Language": language, "User-Agent": PERSON["User-Agent"]})
    question(page, server, mari, "")
    expect(page.locator("form.undo")).to_be_visible()
    assert mari.blocks() == {("topic", "offers")}


def _press(page: Page) -> None:
    page.locator("main form button").click()


def why(page: Page, server: str, mari: Recipient, query: str) -> None:
    """The question why, opened."""
    result(page, server, mari, query)
    page.locator("summary").click()
    expect(page.locator("textarea")).to_be_visible()


def thanks(page: Page, server: str, mari: Recipient, query: str) -> None:
    """The answer to why, given."""
    why(page, server, mari, query)
    page.locator("input[value=too_many]").check()
    page.locator("textarea").fill("Every day, really?")
    page.locator(".why button").click()


def switched(page: Page, server: str, mari: Recipient, query: str) -> None:
    """The page of a click, turned into another language and back."""
    result(page, server, mari, query)
    language = query.removeprefix("?lang=")
    other = "sv" if language != "sv" else "et"
    page.locator(f".languages [lang={other}]").click()
    page.locator(f".languages [lang={language}]").click()
    expect(page.locator("form.undo")).to_be_visible()


VISITS = [
    Visit("question", question),
    Visit("result", result),
    Visit("why", why),
    Visit("thanks", thanks),
    Visit("switched", switched),
    Visit("left-everything", left_everything),
    Visit("already", already),
    Visit("nothing-more", nothing_more),
    Visit("undone", undone),
    Visit("not-undone", not_undone),
    Visit("unknown", unknown),
    Visit("sender-left", sender_left),
    Visit("branded", branded),
    Visit("instant", instant),
]
