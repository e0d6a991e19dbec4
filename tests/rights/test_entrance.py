"""What the bare addresses show: of a controller the way to its pages, of the service nothing."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from crm_service.pages.languages import LANGUAGES
from tests.factories import Tenant, load_policy, make_tenant

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.mark.clause("no-07", "ws-07")
@pytest.mark.parametrize("language", list(LANGUAGES))
@pytest.mark.parametrize("slash", ["", "/"])
def test_a_controllers_address_leads_to_its_pages(
    client: FlaskClient, tenant: Tenant, language: str, slash: str
) -> None:
    page = client.get(f"/c/{tenant.slug}{slash}?lang={language}", headers=BROWSER)

    assert page.status_code == 200
    assert f'<html lang="{language}"' in page.text
    for way in ("privacy", "rights"):
        assert f'href="/c/{tenant.slug}/{way}?lang={language}"' in page.text
        assert client.get(f"/c/{tenant.slug}/{way}").status_code == 200


def test_a_policy_that_keeps_to_itself_leads_to_the_portal_alone(
    app: Flask, client: FlaskClient
) -> None:
    policy = load_policy() | {"publication": {"right_to_know": False}}
    tenant = make_tenant(app, policy=policy)

    page = client.get(f"/c/{tenant.slug}", headers=BROWSER)
    told = client.get(f"/c/{tenant.slug}", headers={"Accept": "application/json"})

    assert f"/c/{tenant.slug}/rights" in page.text
    assert "privacy" not in page.text
    assert told.json == {"rights_url": f"https://crm.example.com/c/{tenant.slug}/rights"}


def test_programs_are_told_where_the_pages_are(client: FlaskClient, tenant: Tenant) -> None:
    told = client.get(f"/c/{tenant.slug}", headers={"Accept": "application/json"})

    root = f"https://crm.example.com/c/{tenant.slug}"
    assert told.json == {"rights_url": f"{root}/rights", "privacy_url": f"{root}/privacy"}


@pytest.mark.rule(36)
def test_nobody_learns_which_controllers_there_are(client: FlaskClient) -> None:
    bare = client.get("/c/nobody-here", headers=BROWSER)
    portal = client.get("/c/nobody-here/rights", headers=BROWSER)

    assert (bare.status_code, bare.text) == (404, portal.text)


@pytest.mark.clause("no-02", "no-03")
@pytest.mark.parametrize("language", list(LANGUAGES))
def test_the_service_itself_says_nothing_of_who_uses_it(
    client: FlaskClient, tenant: Tenant, language: str
) -> None:
    page = client.get(f"/?lang={language}", headers=BROWSER)

    assert page.status_code == 200
    assert f'<html lang="{language}"' in page.text
    assert tenant.slug not in page.text
    assert "Cantec" not in page.text
    assert "Set-Cookie" not in page.headers
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["X-Robots-Tag"] == "noindex, nofollow"


@pytest.mark.parametrize("accept", ["application/json", "*/*", ""])
def test_programs_find_nothing_at_the_root(client: FlaskClient, accept: str) -> None:
    answer = client.get("/", headers={"Accept": accept})

    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
