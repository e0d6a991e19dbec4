"""What a click ends, and what it tells (rules 10, 11, 15 and 16)."""

import pytest

from crm_service.unsubscribe import tokens
from tests.factories import Tenant
from tests.permissions.person import (
    Admin,
    Person,
    email_key,
    make_person,
)
from tests.unsubscribe.clicks import CLICK, LI, told


@pytest.fixture
def mari(tenant: Tenant, admin: Admin) -> Person:
    """Mari, of whom nothing is stated yet."""
    return make_person(tenant, admin)


@pytest.mark.rule(11, 16, 25)
@pytest.mark.parametrize(
    ("basis", "ended"),
    [
        ("consent", "consent.withdrawn.v1"),
        (LI, "objection.recorded.v1"),
        ("soft_opt_in", "objection.recorded.v1"),
    ],
)
def test_one_click_is_three_events_in_their_order(mari: Person, basis: str, ended: str) -> None:
    mari.grant(basis)

    mari.click()

    assert told(mari) == [
        (CLICK, "offers", basis),
        (ended, "offers", basis),
        ("suppression.added.v1", "offers", "unsubscribe"),
    ]


@pytest.mark.rule(16, 25)
def test_all_that_one_click_tells_bears_its_correlation_source_and_campaign(mari: Person) -> None:
    mari.grant()

    mari.post(mari.link(campaign="spring 2026"))

    click, *companions = [data for _, data in mari.events()][-3:]
    assert (click["campaign"], click["source"], click["channel"]) == (
        "spring 2026",
        "one_click",
        "email",
    )
    assert {each["correlation"] for each in companions} == {click["correlation"]}
    assert {each["source"] for each in companions} == {"one_click"}
    assert {each["address_key"] for each in companions} == {str(mari.key())}


@pytest.mark.rule(16)
def test_a_click_ends_every_basis_also_what_the_topic_inherits(mari: Person) -> None:
    mari.grant()
    mari.grant("soft_opt_in")
    mari.grant(LI, purpose="marketing")

    mari.click()

    assert told(mari)[0] == (CLICK, "offers", "consent")
    assert sorted(told(mari)[1:4]) == [
        ("consent.withdrawn.v1", "offers", "consent"),
        ("objection.recorded.v1", "offers", LI),
        ("objection.recorded.v1", "offers", "soft_opt_in"),
    ]
    assert mari.stands() == {
        ("offers", "consent"): "withdrawn",
        ("offers", "soft_opt_in"): "objected",
        ("offers", LI): "objected",
        (None, LI): "granted",
    }


@pytest.mark.rule(15)
@pytest.mark.clause("ee-14")
def test_leaving_one_topic_leaves_the_others(mari: Person) -> None:
    mari.grant(LI, purpose="marketing")

    mari.click("offers")

    assert mari.reasons("offers") == ["suppressed", "objected"]
    assert mari.reasons("news") == []


@pytest.mark.rule(15)
def test_leaving_every_topic_is_not_leaving_everything(mari: Person) -> None:
    mari.grant(LI, purpose="marketing")

    for topic in ("offers", "news"):
        mari.click(topic)

    assert {scope for scope, _ in mari.blocks()} == {"offers", "news"}
    mari.tenant.client.post(
        "/v1/topics", json={"slug": "events", "name": {"en": "Events"}, "category": "marketing"}
    )
    assert mari.reasons("events") == []


@pytest.mark.rule(3, 15)
@pytest.mark.clause("ee-14")
def test_leaving_everything_leaves_service_mail_alone(mari: Person) -> None:
    mari.grant()
    mari.grant(LI, purpose="marketing")
    mari.grant("contract", purpose="service")

    mari.click(scope="all")

    assert mari.blocks() == {("marketing", "unsubscribe")}
    assert told(mari)[0] == (CLICK, None, "consent")
    assert mari.reasons("offers") == ["suppressed", "objected", "withdrawn"]
    assert mari.reasons("news") == ["suppressed", "objected"]
    assert mari.reasons("invoices") == []


@pytest.mark.rule(3)
def test_service_mail_can_be_left_by_its_own_link(mari: Person) -> None:
    mari.grant("contract", purpose="service")
    mari.grant(LI, purpose="marketing")

    mari.click("invoices")

    assert mari.reasons("invoices") == ["suppressed", "objected"]
    assert mari.reasons("offers") == []


@pytest.mark.rule(7)
def test_archiving_a_topic_releases_nobody(mari: Person, tenant: Tenant) -> None:
    mari.grant(LI, purpose="marketing")
    link = mari.link("offers")
    mari.click("offers")

    tenant.client.delete("/v1/topics/offers")
    mari.post(link)

    assert mari.blocks() == {("offers", "unsubscribe"), ("marketing", "unsubscribe")}
    assert mari.reasons("news") == ["suppressed", "objected"]


@pytest.mark.rule(1, 10)
@pytest.mark.parametrize("channel", ["email", "post"])
def test_a_link_of_an_address_that_nobody_knows_works(
    tenant: Tenant, admin: Admin, channel: str
) -> None:
    known = make_person(tenant, admin)
    keyring = tenant.app.extensions["crm.settings"].keyring
    seen = tokens.read(keyring, known.link().removeprefix("/u/"))
    assert seen is not None
    key = email_key(tenant, "stranger@example.com")
    link = tokens.Link(seen.controller_ref, channel, key, seen.topic_ref)

    assert known.post(f"/u/{tokens.sign(keyring, link)}").status_code == 200

    stranger = make_person(tenant, admin, email="stranger@example.com")
    stranger.grant()
    assert stranger.reasons() == ["suppressed"]
    assert stranger.reasons(contact_ids=[str(stranger.id)]) == ["suppressed"]


@pytest.mark.rule(1, 6, 10)
def test_an_old_link_blocks_the_address_that_she_has_now(mari: Person) -> None:
    mari.grant()
    link = mari.link()
    mari.change(email="mari.new@example.com")

    mari.post(link)

    assert mari.reasons(emails=["mari.new@example.com"]) == ["suppressed", "withdrawn"]
    assert mari.reasons() == ["suppressed"]
    assert len(mari.events("suppression.added.v1")) == 2
    assert len(mari.events(CLICK)) == 1


@pytest.mark.rule(6, 21)
def test_a_former_address_is_unknown_however_she_left(mari: Person) -> None:
    mari.grant()
    mari.change(email="mari.new@example.com")

    mari.state("withdrawn")

    assert mari.reasons() == ["unknown_address"]
    assert mari.reasons(emails=["mari.new@example.com"]) == ["withdrawn"]
