"""What a repeat, another time and another controller change (rules 2, 4, 11, 36 and 38)."""

from typing import Any

import pytest

from tests.factories import Tenant, make_tenant
from tests.permissions.person import (
    EVIDENCE,
    Admin,
    Person,
    audited,
    email_key,
    link_path,
    make_person,
    stored,
)
from tests.policies.documents import changed
from tests.policies.tenants import activate
from tests.unsubscribe.clicks import CLICK, LI, told


@pytest.fixture
def mari(tenant: Tenant, admin: Admin) -> Person:
    """Mari, of whom nothing is stated yet."""
    return make_person(tenant, admin)


@pytest.mark.rule(11)
@pytest.mark.parametrize("fields", [{}, {"scope": "all"}])
def test_a_repeat_records_nothing(mari: Person, fields: dict[str, str]) -> None:
    mari.grant(LI, purpose="marketing")
    mari.click(**fields)
    before = mari.stored(), len(audited(mari.admin, mari.tenant, "unsubscribe.leave"))

    for _ in range(3):
        mari.click(**fields)

    after = mari.stored(), len(audited(mari.admin, mari.tenant, "unsubscribe.leave"))
    assert after == before


@pytest.mark.rule(11, 16)
def test_leaving_again_ends_what_was_granted_in_between(mari: Person) -> None:
    mari.click()
    mari.grant(evidence=EVIDENCE["consent"])

    mari.click()

    assert told(mari) == [
        (CLICK, "offers", "consent"),
        ("consent.withdrawn.v1", "offers", "consent"),
    ]


@pytest.mark.rule(2)
def test_a_stronger_block_is_not_replaced_by_a_click(mari: Person) -> None:
    mari.suppress("complaint", "all")

    mari.click()

    assert mari.blocks() == {("all", "complaint"), ("offers", "unsubscribe")}


@pytest.mark.rule(4, 5, 10)
@pytest.mark.clause("ee-16", "si-03")
def test_who_left_stays_left_through_erasure_and_every_way_back_in(mari: Person) -> None:
    mari.grant()
    link = mari.link()
    mari.click()
    mari.tenant.client.delete(mari.path)

    again = make_person(mari.tenant, mari.admin)
    again.grant()

    assert again.reasons() == ["suppressed"]
    assert again.post(link, scope="all").status_code == 200
    assert again.blocks() == {("offers", "unsubscribe"), ("marketing", "unsubscribe")}


@pytest.mark.rule(11, 16)
def test_a_process_that_knows_an_older_policy_leaves_by_the_newest(
    mari: Person, tenant: Tenant
) -> None:
    mari.click("news")
    mari.grant(purpose="marketing")
    activate(tenant, changed("purposes.marketing.bases.consent.inherits", value=True))

    mari.click("offers")

    assert told(mari)[1] == ("consent.withdrawn.v1", "offers", "consent")
    assert mari.tenant.client.get(f"{mari.path}/ledger").json["items"][-1]["policy_version"] == 2


@pytest.mark.rule(38, 39)
def test_a_click_is_audited_without_saying_who(mari: Person) -> None:
    mari.grant()

    mari.click()

    [entry] = audited(mari.admin, mari.tenant, "unsubscribe.leave")
    assert (entry["actor"], entry["subject_id"]) == ("recipient", str(mari.id))
    assert entry["details"]["correlation"] == mari.events(CLICK)[0][1]["correlation"]
    assert "mari" not in str((entry, mari.events())).lower()


@pytest.mark.rule(36)
def test_a_link_is_its_own_controllers_alone(mari: Person, other_tenant: Tenant) -> None:
    theirs = make_person(other_tenant, mari.admin)
    theirs.grant()

    mari.click()

    assert theirs.reasons() == []
    assert stored(mari.admin, other_tenant)["suppressions"] == 0


@pytest.mark.rule(10)
def test_links_of_two_controllers_for_one_address_share_nothing(app: Any, tenant: Tenant) -> None:
    other = make_tenant(app)
    for each in (tenant, other):
        each.client.post(
            "/v1/topics", json={"slug": "t", "name": {"en": "T"}, "category": "marketing"}
        )

    paths = {link_path(each, "mari@example.com", "t") for each in (tenant, other)}

    assert len(paths) == 2
    assert email_key(tenant, "mari@example.com") != email_key(other, "mari@example.com")
