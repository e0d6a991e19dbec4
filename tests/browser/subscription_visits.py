"""The pages of double opt-in."""

from playwright.sync_api import Page

from crm_service.db import transaction
from crm_service.proofs.service import Handing
from crm_service.subscriptions import service
from tests.browser.rights_visits import link_of
from tests.browser.visiting import Visit
from tests.unsubscribe.people import EMAIL, Recipient

_WAITING = "SELECT id FROM subscription_requests WHERE controller_id = %s"


def question(page: Page, server: str, mari: Recipient, query: str) -> None:
    """What the link shows."""
    tenant = mari.tenant
    wording = {"version": "form v1", "text": "Yes."}
    body = {"email": EMAIL, "topics": ["offers", "courses"], "wording": wording}
    tenant.client.post("/v1/subscriptions", json=body)
    [(waiting,)] = mari.admin.execute(_WAITING, (tenant.controller_id,)).fetchall()
    handing = Handing.by(tenant.app.extensions["crm.settings"])
    with tenant.app.app_context(), transaction(tenant.controller_id) as session:
        service.hand_on(session, tenant.controller_id, waiting, handing=handing, actor="worker")
    page.goto(server + link_of(mari) + query)


def confirmed(page: Page, server: str, mari: Recipient, query: str) -> None:
    """What the button leads to."""
    question(page, server, mari, query)
    page.locator("main form button").click()


VISITS = [Visit("opt-in", question), Visit("opted-in", confirmed)]
