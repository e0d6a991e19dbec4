"""The pages about people's rights."""

from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from crm_service.db import driver_connection, transaction
from tests.browser.visiting import Visit, activate
from tests.factories import load_policy
from tests.unsubscribe.people import EMAIL, Recipient

_LINKS = """
SELECT data ->> 'url' FROM events
WHERE controller_id = %s AND type = 'address_proof.requested.v1' ORDER BY position DESC LIMIT 1
"""


def start(page: Page, server: str, mari: Recipient, query: str) -> None:
    """Where the service is, without any link."""
    del mari
    page.goto(f"{server}/{query}")


def index(page: Page, server: str, mari: Recipient, query: str) -> None:
    """What a controller's own address leads to."""
    page.goto(f"{server}/c/{mari.tenant.slug}{query}")


def nobody(page: Page, server: str, mari: Recipient, query: str) -> None:
    """The address of a controller that there is not."""
    del mari
    page.goto(f"{server}/c/nobody-here{query}")


def privacy(page: Page, server: str, mari: Recipient, query: str) -> None:
    """What the policy says."""
    page.goto(f"{server}/c/{mari.tenant.slug}/privacy{query}")


def asking(page: Page, server: str, mari: Recipient, query: str) -> None:
    """The page that asks for the address."""
    page.goto(f"{server}/c/{mari.tenant.slug}/rights{query}")


def no_address(page: Page, server: str, mari: Recipient, query: str) -> None:
    """The same, with what is no address."""
    asking(page, server, mari, query)
    page.locator("input[type=email]").fill("mari@nowhere")
    page.locator("main form button").click()


def sent(page: Page, server: str, mari: Recipient, query: str) -> None:
    """The answer, the same for everybody."""
    asking(page, server, mari, query)
    page.locator("input[type=email]").fill(EMAIL)
    page.locator("main form button").click()


def form(page: Page, server: str, mari: Recipient, query: str) -> None:
    """What the link shows."""
    sent(page, server, mari, query)
    page.goto(server + link_of(mari) + query)


def received(page: Page, server: str, mari: Recipient, query: str) -> None:
    """What the form leads to."""
    form(page, server, mari, query)
    page.locator("input[value=access]").check()
    page.locator("main form button").click()


def fee(page: Page, server: str, mari: Recipient, query: str) -> None:
    """How far one's requests have come, one of them waiting for its fee."""
    policy = load_policy()
    activate(mari, {"rights": {**policy["rights"], "fee": {}}})
    post = mari.tenant.client.post
    asked = {"kind": "access", "email": EMAIL, "received_by": "email"}
    request = post("/v1/rights-requests", json=asked).json
    charged = {"amount": "12.50", "currency": "EUR", "reasons": "The third copy this month."}
    assert post(f"/v1/rights-requests/{request['id']}/fee", json=charged).status_code == 200
    form(page, server, mari, query)
    page.locator("input[value=status]").check()
    page.locator("main form button").click()
    expect(page.locator("main")).to_contain_text("The third copy this month.")
    expect(page.locator("main")).to_contain_text("12")


def confirm(page: Page, server: str, mari: Recipient, query: str) -> None:
    """The question whether it was the person who asked."""
    asked = {"kind": "access", "email": EMAIL, "received_by": "email"}
    request = mari.tenant.client.post("/v1/rights-requests", json=asked).json
    path = f"/v1/rights-requests/{request['id']}/identity"
    mari.tenant.client.post(path, json={"method": "link"})
    page.goto(server + link_of(mari) + query)


def download(page: Page, server: str, mari: Recipient, query: str) -> None:
    """The page that hands a package out."""
    _package(mari, encrypted=False)
    page.goto(server + link_of(mari) + query)


def download_refused(page: Page, server: str, mari: Recipient, query: str) -> None:
    """The same with a password that was told, after a wrong one."""
    _package(mari, encrypted=True)
    page.goto(server + link_of(mari) + query)
    page.locator("input[name=password]").fill("not this")
    page.locator("main form button").click()


def _package(mari: Recipient, *, encrypted: bool) -> None:
    post = mari.tenant.client.post
    asked = {"kind": "access", "email": EMAIL, "received_by": "email"}
    path = f"/v1/rights-requests/{post('/v1/rights-requests', json=asked).json['id']}"
    post(f"{path}/identity", json={"method": "attestation", "note": "known"})
    post(f"{path}/decision", json={"outcome": "granted"})
    assert post(f"{path}/package-link", json={"encrypted": encrypted}).status_code == 201


def link_of(mari: Recipient) -> str:
    """Return the path of the one-time link that was handed out last."""
    controller_id = mari.tenant.controller_id
    with mari.tenant.app.app_context(), transaction(controller_id) as session:
        row = driver_connection(session).execute(_LINKS, (controller_id,)).fetchone()
    assert row
    return urlsplit(row[0]).path


VISITS = [
    Visit("start", start),
    Visit("index", index),
    Visit("index-unknown", nobody),
    Visit("rights-fee", fee),
    Visit("privacy", privacy),
    Visit("rights-no-address", no_address),
    Visit("rights-sent", sent),
    Visit("rights-form", form),
    Visit("rights-received", received),
    Visit("rights-confirm", confirm),
    Visit("package", download),
    Visit("package-wrong-password", download_refused),
]
