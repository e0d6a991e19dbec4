"""The page about the processing: who receives data, how long they are kept, where from."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from crm_service.policies import retention
from crm_service.policies.checking import check
from crm_service.policies.vocabulary import SOURCE_KINDS
from crm_service.recipients.judging import KINDS
from crm_service.rights import keeping
from tests.factories import Tenant, load_policy, make_tenant
from tests.policies.documents import changed
from tests.recipients.register import COURT, MAILHOUSE, enter
from tests.rights.asking import under


def page(client: FlaskClient, tenant: Tenant, language: str = "en") -> str:
    return " ".join(client.get(f"/c/{tenant.slug}/privacy?lang={language}").text.split())


def facts(client: FlaskClient, tenant: Tenant) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/c/{tenant.slug}/privacy.json").get_json()
    return found


@pytest.mark.clause("no-07")
def test_recipients_of_the_register_are_shown_by_kind_country_and_purpose(
    client: FlaskClient, tenant: Tenant
) -> None:
    for slug in ("mailhouse", "printhouse"):
        enter(tenant, MAILHOUSE, slug=slug, name=f"Secret {slug}", purposes=["marketing"])
    enter(tenant, COURT)

    told, shown = facts(client, tenant), page(client, tenant)

    assert [(one["kind"], one["purposes"]) for one in told["registered_recipients"]] == [
        ("authority", []),
        ("processor", ["marketing"]),
    ]
    assert 'our behalf, Estonia (<span dir="auto">Marketing<' in shown
    assert "Secret" not in shown + str(told)


@pytest.mark.clause("no-07")
def test_a_policy_has_them_shown_by_name_but_for_those_that_ended(
    app: Flask, client: FlaskClient
) -> None:
    named = changed("publication", {"right_to_know": True, "recipients": "names"}, load_policy())
    tenant = make_tenant(app, policy=named)
    enter(tenant, MAILHOUSE)
    ended = enter(tenant, MAILHOUSE, slug="former", name="Formerhouse")
    tenant.client.patch(f"/v1/recipients/{ended['id']}", json={"ended": True})

    shown = page(client, tenant)

    assert "Mailhouse</span>: a company that works on our behalf, Estonia" in shown
    assert "Formerhouse" not in shown


@pytest.mark.clause("si-20", "no-07")
@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "permanently, by law"),
        ("et", "alaliselt, seaduse alusel"),
        ("nb", "permanent, etter loven"),
        ("sl", "trajno, po zakonu"),
        ("sv", "permanent, enligt lag"),
        ("ru", "бессрочно, по закону"),
    ],
)
def test_what_is_kept_for_ever_stands_there_with_its_law(
    app: Flask, client: FlaskClient, language: str, said: str
) -> None:
    tenant = under(app, "tenzor")

    shown = page(client, tenant, language)
    [rule] = [one for one in facts(client, tenant)["retention"] if one["keep"] == "permanent"]

    assert said in shown
    assert rule["law"] in shown


@pytest.mark.clause("no-07")
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("cadcraft", "calls: not kept."),
        ("cadcraft", "inquiries: 2 years after we last had to do with each other; then erased."),
        ("cantec-no", "calls: 1 year from the day on which it happened; then these details"),
        ("tenzor", "contracts: 6 years after the end of the contract; then erased."),
        ("tenzor", "recordings: 90 days from the day on which it happened; then whoever"),
        ("websystems", "without a fixed term"),
    ],
)
def test_terms_are_told_in_plain_words(
    app: Flask, client: FlaskClient, name: str, said: str
) -> None:
    assert said in page(client, under(app, name))


@pytest.mark.clause("se-02", "si-08")
@pytest.mark.parametrize(("name", "said"), [("cadcraft", "credit registers"), ("tenzor", "public")])
def test_sources_are_those_that_the_policy_names(
    app: Flask, client: FlaskClient, name: str, said: str
) -> None:
    tenant = under(app, name)

    told = facts(client, tenant)["sources"]

    assert said in page(client, tenant).partition("Where they come from")[2][:200]
    assert ("credit_register" in told) is (name == "cadcraft")


def test_every_code_of_these_has_a_name(app: Flask) -> None:
    with app.test_request_context("/"):
        assert keeping.categories().keys() == set(retention.CATEGORIES)
        assert keeping.details().keys() == set(retention.FIELDS)
        assert keeping.sources().keys() == set(SOURCE_KINDS)
        assert keeping.kinds().keys() == set(KINDS)


def test_a_policy_shows_the_register_in_one_of_two_ways() -> None:
    document = changed("publication", {"recipients": "nobody"}, load_policy())

    [found] = check(document)

    assert found.path == "publication.recipients"
    assert "names" in found.message
