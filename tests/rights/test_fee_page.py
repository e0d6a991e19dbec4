"""The portal tells what a fee is, why it is asked, and what to do (GDPR Art. 12(4) and (5))."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from crm_service.pages.languages import LANGUAGES
from tests.contacts.register import Admin, register
from tests.factories import Tenant
from tests.rights.asking import ask, step
from tests.rights.charging import FEE, charged, stating
from tests.rights.test_portal import link, send

EMAIL = "mari@example.com"
#: "You need not pay" and "You paid".
SETTLED = {"waived": "You need not pay", "paid": "You paid a fee"}


@pytest.fixture
def slovene(app: Flask) -> Tenant:
    """A controller under the policy of which si-17 is a clause."""
    return stating(app, fee={})


def seen(client: FlaskClient, tenant: Tenant, admin: Admin, language: str) -> str:
    """Return the page that a one-time link leads to."""
    assert send(client, tenant, EMAIL).status_code == 200
    page = client.post(f"{link(admin, tenant)}?lang={language}", data={"kind": "status"})
    assert page.status_code == 200
    return page.text


@pytest.mark.clause("si-17", "si-18")
@pytest.mark.parametrize("language", list(LANGUAGES))
def test_a_fee_that_is_asked_is_told_with_its_reasons_and_what_to_do(
    client: FlaskClient, slovene: Tenant, admin: Admin, language: str
) -> None:
    register(slovene, language=language)
    charged(slovene)

    page = seen(client, slovene, admin, language)

    assert f'<html lang="{language}"' in page
    assert "12.50" in page or "12,50" in page
    assert FEE["reasons"] in page
    assert "mailto:gdpr@tenzor.si" in page
    assert "https://www.ip-rs.si" in page
    assert language == "en" or "manifestly" not in page


@pytest.mark.clause("si-17")
@pytest.mark.parametrize("outcome", ["paid", "waived"])
def test_a_fee_that_is_settled_is_asked_no_more(
    client: FlaskClient, slovene: Tenant, admin: Admin, outcome: str
) -> None:
    register(slovene, language="en")
    request = charged(slovene)
    assert step(slovene, request, f"fee/{outcome}").status_code == 200

    page = seen(client, slovene, admin, "en")

    assert SETTLED[outcome] in page
    assert "We ask a fee" not in page
    assert FEE["reasons"] not in page


@pytest.mark.clause("si-17")
def test_a_request_without_a_fee_says_nothing_of_one(
    client: FlaskClient, slovene: Tenant, admin: Admin
) -> None:
    register(slovene, language="en")
    ask(slovene, "access")

    assert "fee" not in seen(client, slovene, admin, "en")


def test_hostile_reasons_are_text(client: FlaskClient, slovene: Tenant, admin: Admin) -> None:
    register(slovene, language="en")
    request = ask(slovene, "access")
    hostile = FEE | {"reasons": "<script>alert(1)</script>"}
    assert step(slovene, request, "fee", **hostile).status_code == 200

    page = seen(client, slovene, admin, "en")

    assert "&lt;script&gt;alert(1)" in page
    assert "<script" not in page
