"""The preference page, and where its one-time links lead."""

from playwright.sync_api import Page, expect

from tests.browser.visiting import Visit
from tests.proofs.people import events_of
from tests.unsubscribe.people import Recipient


def preferences(page: Page, server: str, mari: Recipient, query: str) -> None:
    """Everything at once: topics left and paused, a phone number, what is preferred."""
    path = f"/v1/contacts/{mari.contact_id}"
    mari.tenant.client.patch(
        path, json={"phone": "+372 5123 4567"}, headers={"If-Match": "*"}
    ).get_data()
    mari.browser.post(f"{mari.path}/preferences", data={"topic": "courses"})
    mari.browser.post(f"{mari.path}/preferences", data={"frequency": "weekly", "language": "et"})
    page.goto(f"{server}{mari.path}/preferences{query}")


def paused(page: Page, server: str, mari: Recipient, query: str) -> None:
    """A pause, with the way to take it back."""
    page.goto(f"{server}{mari.path}/preferences{query}")
    page.locator("button[name=pause][value='30']").click()
    expect(page.locator("[role=status]")).to_be_visible()


def asked(page: Page, server: str, mari: Recipient, query: str) -> None:
    """A link is on its way."""
    mari.browser.post(f"{mari.path}/preferences", data={"topic": "offers"})
    page.goto(f"{server}{mari.path}/preferences{query}")
    page.locator("button[name=join]").click()


def confirm(page: Page, server: str, mari: Recipient, query: str) -> None:
    """What the link leads to."""
    asked(page, server, mari, query)
    [told] = events_of(mari.tenant, "address_proof.requested.v1")
    page.goto(server + told["data"]["url"].removeprefix("https://crm.example.com") + query)


def confirmed(page: Page, server: str, mari: Recipient, query: str) -> None:
    """What its button does."""
    confirm(page, server, mari, query)
    page.locator("main form button").click()
    expect(page.locator("[role=status]")).to_be_visible()


def dead_link(page: Page, server: str, mari: Recipient, query: str) -> None:
    """A one-time link that does not work any more."""
    page.goto(f"{server}/p/{'a' * 56}{query}")


VISITS = [
    Visit("preferences", preferences),
    Visit("paused", paused),
    Visit("asked", asked),
    Visit("confirm", confirm),
    Visit("confirmed", confirmed),
    Visit("dead-link", dead_link),
]
