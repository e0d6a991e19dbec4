import orjson
import pytest
from flask import Flask
from psycopg import sql

from crm_service.transfers.neutralizing import restore
from tests.contacts.register import Admin
from tests.disclosures.audiences import (
    MARI,
    consent,
    export,
    interest,
    limited_policy,
    make_topic,
    people,
    register,
    table,
)
from tests.factories import Tenant, make_tenant


@pytest.fixture(autouse=True)
def news(tenant: Tenant) -> None:
    """A topic that the audiences are for."""
    make_topic(tenant)


@pytest.mark.rule(22)
def test_an_audience_is_everybody_eligible_with_basis_and_fields(tenant: Tenant) -> None:
    register(tenant, consent())
    register(tenant, email="nobody@example.org", phone=None, external_id=None)

    [mari] = people(tenant)

    told = {name: value for name, value in MARI.items() if name not in {"notes", "source"}}
    assert mari == {**told, "basis": "consent"}


@pytest.mark.rule(22)
def test_links_come_ready_and_work(tenant: Tenant) -> None:
    register(tenant, consent())

    [mari] = people(tenant, include="links", campaign="spring")
    link = mari["unsubscribe_url"]
    clicked = tenant.app.test_client().post(link.removeprefix("https://crm.example.com"))

    assert mari["headers"] == {
        "List-Unsubscribe": f"<{link}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    assert clicked.status_code == 200
    assert people(tenant) == []


@pytest.mark.rule(22)
def test_links_are_those_of_an_eligibility_check(tenant: Tenant) -> None:
    register(tenant, consent())
    asked = {"topic": "news", "channel": "email", "campaign": "spring", "include": ["links"]}

    checked = tenant.client.post(
        "/v1/eligibility-checks", json={**asked, "emails": [MARI["email"]]}
    ).json["results"][0]
    [mari] = people(tenant, include="links", campaign="spring")

    assert mari["unsubscribe_url"] == checked["unsubscribe_url"]
    assert mari["headers"] == checked["headers"]


def test_csv_holds_the_same_as_ndjson(tenant: Tenant) -> None:
    register(tenant, consent())
    register(tenant, interest(), email="ola@example.org", phone=None, external_id=None)

    rows = table(export(tenant, format="csv", include="links"))
    lines = people(tenant, include="links")

    flat = [{**line.pop("headers"), **line} for line in lines]
    told = {line["email"]: {name: value or "" for name, value in line.items()} for line in flat}
    assert {row["email"]: {**row, "phone": restore(row["phone"])} for row in rows} == told


def stored(admin: Admin, contact_id: str, **facts: str) -> None:
    """Let a contact hold what no request may bring any more, as one from before may."""
    for name, value in facts.items():
        query = sql.SQL("UPDATE contacts SET {} = %s WHERE id = %s").format(sql.Identifier(name))
        assert admin.execute(query, (value, contact_id)).rowcount == 1


@pytest.mark.parametrize("risky", ["=1+1", "+1+1", "-1", "@SUM(A1)", "\tx", "'=1", '="a"'])
def test_no_cell_of_a_csv_is_a_formula(tenant: Tenant, admin: Admin, risky: str) -> None:
    stored(admin, register(tenant, consent()), last_name=risky, company=f"{risky},x")

    [row] = table(export(tenant, format="csv"))

    for cell, given in ((row["last_name"], risky), (row["company"], f"{risky},x")):
        assert cell[0] not in "=+-@\t"
        assert restore(cell).strip() == given.strip()


@pytest.mark.rule(24)
def test_who_leaves_is_in_no_later_audience(tenant: Tenant) -> None:
    contact_id = register(tenant, consent())
    before = people(tenant)
    refusal = {"topic": "news", "channel": "email", "basis": "consent", "state": "withdrawn"}

    tenant.client.post(f"/v1/contacts/{contact_id}/permissions", json=refusal)

    assert len(before) == 1
    assert people(tenant) == []


@pytest.mark.rule(1)
@pytest.mark.parametrize("domain", ["example.com", "*.example.com"])
def test_nobody_at_a_blocked_domain_is_in_an_audience(tenant: Tenant, domain: str) -> None:
    register(tenant, consent())
    register(tenant, consent(), email="ola@example.org", phone=None, external_id=None)
    block = {"domain": domain, "scope": "marketing", "reason": "manual"}

    answer = tenant.client.post("/v1/suppressions", json=block)

    assert answer.status_code == 201
    assert [person["email"] for person in people(tenant, fields="email")] == ["ola@example.org"]


@pytest.mark.rule(24)
def test_an_audience_says_as_of_when_it_holds(tenant: Tenant) -> None:
    answer = export(tenant, format="csv")

    assert answer.headers["As-Of"].endswith("Z")
    assert answer.headers["Policy-Version"] == "1"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="audience-news.csv"'
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.rule(1)
def test_an_address_stands_once_however_many_share_it(tenant: Tenant) -> None:
    register(tenant, consent("sms"), added_at="2026-01-01T00:00:00Z")
    register(tenant, email="juri@example.org", external_id=None, first_name="Jüri")

    found = people(tenant, channel="sms", fields="first_name,phone")

    assert found == [{"phone": "+37251234567", "first_name": "Mari", "basis": "consent"}]


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_what_holds_a_separator_of_ours_moves_nothing_into_another_field(
    tenant: Tenant, admin: Admin, form: str
) -> None:
    mari = register(tenant, consent())
    stored(admin, mari, first_name="Ma\x1fri", last_name="Ta\x1emm")
    register(tenant, consent(), email="ola@example.org", phone=None, external_id=None)

    answer = export(tenant, format=form, fields="email,first_name,last_name")

    found = table(answer) if form == "csv" else map(orjson.loads, answer.data.splitlines())
    names = {row["email"]: (row["first_name"], row["last_name"]) for row in found}
    assert names == {MARI["email"]: ("Ma ri", "Ta mm"), "ola@example.org": ("Mari", "Tamm")}


def test_fields_can_be_narrowed(tenant: Tenant) -> None:
    register(tenant, consent())

    [mari] = people(tenant, fields="email, city")

    assert mari == {"email": MARI["email"], "city": "Tallinn", "basis": "consent"}


@pytest.mark.clause("si-07")
def test_on_legitimate_interests_only_the_fields_of_the_policy_are_handed_out(app: Flask) -> None:
    tenant = make_tenant(
        app, policy=limited_policy("first_name", "last_name", "street", "city", "phone", "email")
    )
    make_topic(tenant)
    register(tenant, interest())
    register(tenant, consent(), email="ola@example.org", phone=None, external_id="O-1")

    by_basis = {person["basis"]: person for person in people(tenant)}
    rows = table(export(tenant, format="csv"))

    told = {name for name, value in by_basis["legitimate_interests"].items() if value}
    assert told == {"first_name", "last_name", "street", "city", "phone", "email", "basis"}
    assert by_basis["consent"]["company"] == MARI["company"]
    [interested] = [row for row in rows if row["basis"] == "legitimate_interests"]
    assert {name for name, value in interested.items() if value} == told


@pytest.mark.rule(31)
def test_nothing_handed_out_tracks_anybody(tenant: Tenant) -> None:
    register(tenant, consent())

    [mari] = people(tenant, include="links")

    links = [value for value in mari.values() if isinstance(value, str) and "://" in value]
    assert links == [mari["unsubscribe_url"]]
