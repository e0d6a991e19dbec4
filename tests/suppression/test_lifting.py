from typing import Any

import pytest

from tests.factories import Tenant
from tests.permissions.person import Person

WHY = {"justification": "she asked for it by letter of 1 October"}


def lift(tenant: Tenant, block: dict[str, Any], **given: Any) -> Any:
    return tenant.client.post(f"/v1/suppressions/{block['id']}/lift", json=given or WHY)


@pytest.mark.rule(4)
def test_an_operator_lifts_a_block_for_a_written_reason(mari: Person, tenant: Tenant) -> None:
    mari.grant()
    block = mari.suppress("manual").json
    stopped = mari.reasons()

    lifted = lift(tenant, block)

    assert (stopped, mari.reasons()) == (["suppressed"], [])
    assert lifted.status_code == 200
    assert lifted.json["lifted_by"].startswith("key:")
    assert lifted.json["lift_justification"] == WHY["justification"]
    assert lifted.json["lifted_at"] is not None


@pytest.mark.rule(4)
@pytest.mark.parametrize("given", [{"justification": ""}, {"justification": " " * 20}, {"a": "b"}])
def test_a_block_is_not_lifted_without_a_reason(
    mari: Person, tenant: Tenant, given: dict[str, str]
) -> None:
    block = mari.suppress("manual").json

    answer = lift(tenant, block, **given)

    assert answer.status_code == 422
    assert mari.blocks() == {("marketing", "manual")}


@pytest.mark.rule(4)
@pytest.mark.parametrize("reason", ["complaint", "erasure", "objection"])
def test_what_only_new_consent_ends_is_beyond_operators(
    mari: Person, tenant: Tenant, reason: str
) -> None:
    block = mari.suppress(reason).json

    answer = lift(tenant, block)

    assert (answer.status_code, answer.json["code"]) == (409, "needs_new_consent")
    assert mari.blocks() == {("marketing", reason)}


@pytest.mark.rule(4)
def test_a_block_is_lifted_once(mari: Person, tenant: Tenant) -> None:
    block = mari.suppress("manual").json
    lift(tenant, block)

    answer = lift(tenant, block)

    assert (answer.status_code, answer.json["code"]) == (409, "already_lifted")


@pytest.mark.rule(4)
def test_lifting_needs_a_scope_of_its_own(mari: Person, tenant: Tenant) -> None:
    block = mari.suppress("manual").json
    others = tenant.client_with("suppressions:read", "suppressions:write")

    answer = others.post(f"/v1/suppressions/{block['id']}/lift", json=WHY)

    assert answer.status_code == 403
    assert mari.blocks() == {("marketing", "manual")}


@pytest.mark.rule(2)
def test_lifting_one_block_leaves_the_others(mari: Person, tenant: Tenant) -> None:
    mari.suppress("manual", {"topic": "offers"})
    mari.suppress("unsubscribe")
    block = mari.suppress("manual").json

    lift(tenant, block)

    assert mari.blocks() == {("offers", "manual"), ("marketing", "unsubscribe")}


@pytest.mark.rule(1, 4, 25)
def test_a_block_is_lifted_on_every_address_that_it_covers(mari: Person, tenant: Tenant) -> None:
    mari.change(email="mari.new@example.com")
    block = mari.suppress("manual").json

    lift(tenant, block)

    assert mari.blocks() == mari.blocks("mari.new@example.com") == set()
    told = [data for _, data in mari.events("suppression.lifted.v1")]
    keys = {str(mari.key()), str(mari.key("mari.new@example.com"))}
    assert {data["address_key"] for data in told} == keys
    assert len({data["correlation"] for data in told}) == 1


@pytest.mark.rule(3)
def test_a_bounce_is_lifted_for_its_own_mailbox_alone(mari: Person, tenant: Tenant) -> None:
    mari.suppress("hard_bounce")
    mari.change(email="mari.new@example.com")
    block = mari.suppress("hard_bounce", email="mari.new@example.com").json

    lift(tenant, block)

    assert mari.blocks() == {("marketing", "hard_bounce")}
    assert mari.blocks("mari.new@example.com") == set()


@pytest.mark.rule(2, 4)
def test_a_lifted_block_can_be_set_again(mari: Person, tenant: Tenant) -> None:
    lift(tenant, mari.suppress("manual").json)

    again = mari.suppress("manual")

    assert again.status_code == 201
    assert mari.blocks() == {("marketing", "manual")}
