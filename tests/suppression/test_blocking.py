from typing import Any

import pytest

from tests.factories import Tenant
from tests.permissions.person import (
    EVIDENCE,
    Admin,
    Person,
    audited,
    email_key,
    make_person,
    phone_key,
    stored,
)

STRANGER = "stranger@example.org"
PHONE = "+372 5123 4567"
REASONS = ("unsubscribe", "objection", "complaint", "hard_bounce", "invalid", "erasure", "manual")


def block(tenant: Tenant, **facts: Any) -> Any:
    return tenant.client.post(
        "/v1/suppressions", json={"scope": "marketing", "reason": "manual", **facts}
    )


def found(tenant: Tenant, **address: str) -> list[dict[str, Any]]:
    answer = tenant.client.post("/v1/suppressions/lookup", json=address)
    assert answer.status_code == 200
    items: list[dict[str, Any]] = answer.json["items"]
    return items


@pytest.mark.rule(1)
@pytest.mark.clause("ee-16", "ee-17")
@pytest.mark.parametrize("address", [{"email": STRANGER}, {"phone": PHONE}])
def test_an_address_that_nobody_knows_can_be_blocked_and_looked_up(
    tenant: Tenant, address: dict[str, str]
) -> None:
    answer = block(tenant, **address)

    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/v1/suppressions/{answer.json['id']}"
    assert found(tenant, **address) == [answer.json]


@pytest.mark.rule(1)
def test_an_address_key_never_seen_blocks_whoever_turns_out_to_have_it(tenant: Tenant) -> None:
    key = email_key(tenant, STRANGER)

    answer = block(tenant, address_key=str(key))

    assert (answer.status_code, answer.json["address_key"]) == (201, str(key))
    assert [one["id"] for one in found(tenant, email=STRANGER)] == [answer.json["id"]]


@pytest.mark.rule(1)
@pytest.mark.clause("ee-17")
def test_a_number_blocked_by_its_key_alone_is_blocked(mari: Person, tenant: Tenant) -> None:
    block(tenant, address_key=str(phone_key(tenant, PHONE)))
    mari.change(phone=PHONE)
    mari.state("granted", "consent", channel="sms")

    assert mari.reasons(channel="sms", phones=[PHONE]) == ["suppressed"]
    assert mari.reasons(channel="sms", contact_ids=[str(mari.id)]) == ["suppressed"]


@pytest.mark.rule(2, 11)
def test_a_block_that_stands_is_answered_200_and_recorded_once(
    tenant: Tenant, admin: Admin
) -> None:
    first = block(tenant, email=STRANGER)
    before = stored(admin, tenant)

    again = block(tenant, email=STRANGER.upper(), note="once more")

    assert (again.status_code, again.json) == (200, first.json)
    assert stored(admin, tenant) == before


@pytest.mark.rule(2)
def test_blocks_of_every_scope_and_reason_stand_side_by_side(mari: Person) -> None:
    scopes: list[Any] = ["all", "marketing", {"topic": "offers"}, {"topic": "news"}]

    answers = [mari.suppress(reason, scope) for scope in scopes for reason in REASONS]

    assert {answer.status_code for answer in answers} == {201}
    assert len(mari.blocks()) == len(scopes) * len(REASONS)


STOPPED = [
    ("marketing", "manual", {"offers", "news"}),
    ("marketing", "objection", {"offers", "news"}),
    ("marketing", "complaint", {"offers", "news"}),
    ("marketing", "erasure", {"offers", "news"}),
    ({"topic": "offers"}, "unsubscribe", {"offers"}),
    ({"topic": "invoices"}, "unsubscribe", {"invoices"}),
    ("all", "manual", {"offers", "news", "invoices"}),
    ("marketing", "hard_bounce", {"offers", "news", "invoices"}),
    ({"topic": "offers"}, "invalid", {"offers", "news", "invoices"}),
]


@pytest.mark.rule(3)
@pytest.mark.parametrize(("scope", "reason", "stopped"), STOPPED)
def test_marketing_scopes_never_stop_service_mail_and_bounces_stop_everything(
    mari: Person, scope: Any, reason: str, stopped: set[str]
) -> None:
    mari.grant(purpose="marketing", basis="legitimate_interests")
    mari.grant(purpose="service", basis="contract")

    mari.suppress(reason, scope)

    topics = ("offers", "news", "invoices")
    assert {topic for topic in topics if "suppressed" in mari.reasons(topic)} == stopped
    assert {topic for topic in topics if not mari.verdict(topic)["eligible"]} == stopped


@pytest.mark.rule(1, 3, 6)
@pytest.mark.parametrize("reason", REASONS)
def test_a_changed_address_takes_its_blocks_along_but_not_its_bounces(
    mari: Person, reason: str
) -> None:
    mari.suppress(reason)

    mari.change(email="mari.new@example.com")

    is_bounce = reason in {"hard_bounce", "invalid"}
    assert mari.blocks() == {("marketing", reason)}
    assert mari.blocks("mari.new@example.com") == (set() if is_bounce else mari.blocks())


@pytest.mark.rule(6, 25)
def test_a_block_that_is_carried_to_a_new_address_is_told(mari: Person) -> None:
    mari.suppress("objection", {"topic": "offers"})

    mari.change(email="mari.new@example.com")

    (_, added), (_, carried) = mari.events("suppression.added.v1")
    assert (added["source"], carried["source"]) == ("operator", "carried")
    assert carried["address_key"] == str(mari.key("mari.new@example.com"))
    assert (carried["topic"], carried["reason"]) == ("offers", "objection")
    changed = mari.events("contact.updated.v1")[0][1]["correlation"]
    assert carried["correlation"] == changed


@pytest.mark.rule(1, 6)
def test_a_block_by_one_address_covers_all_that_the_person_ever_had(mari: Person) -> None:
    mari.change(email="mari.new@example.com")

    mari.suppress("unsubscribe", email=mari.email)

    assert mari.blocks("mari.new@example.com") == mari.blocks() == {("marketing", "unsubscribe")}


@pytest.mark.rule(4)
@pytest.mark.parametrize("reason", REASONS)
def test_no_contact_edit_or_grant_lifts_a_block(mari: Person, reason: str) -> None:
    mari.suppress(reason, "all")

    mari.tenant.client.put(
        "/v1/contacts",
        json={
            "email": mari.email,
            "first_name": "Mari",
            "source": {"kind": "import"},
            "permissions": [
                {"topic": "offers", "basis": "consent", "state": "granted"}
                | {"evidence": EVIDENCE["consent"]}
            ],
        },
    )

    assert mari.blocks() == {("all", reason)}
    assert mari.reasons()[0] == "suppressed"


@pytest.mark.rule(25, 38, 39)
def test_a_block_is_told_and_audited_without_an_address(mari: Person, tenant: Tenant) -> None:
    made = mari.suppress("complaint", {"topic": "offers"}).json

    [(_, told)] = mari.events("suppression.%")
    [entry] = audited(mari.admin, tenant, "suppressions.add")
    assert told["suppression_id"] == made["id"]
    assert (told["scope"], told["topic"], told["reason"]) == ("topic", "offers", "complaint")
    assert entry["subject_id"] == str(mari.id)
    assert "mari" not in (str(told) + str(entry)).lower()


@pytest.mark.rule(5)
def test_a_block_that_came_by_post_bears_the_day_on_which_it_came(tenant: Tenant) -> None:
    answer = block(tenant, email=STRANGER, received_at="2026-10-01T08:00:00Z", note="by letter")

    assert (answer.json["suppressed_at"], answer.json["note"]) == (
        "2026-10-01T08:00:00Z",
        "by letter",
    )


WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "email"),
    ({"email": STRANGER, "phone": PHONE}, "email"),
    ({"email": STRANGER, "scope": "everything"}, "scope"),
    ({"email": STRANGER, "scope": {"topic": ""}}, "scope"),
    ({"email": STRANGER, "scope": {"topic": "offers", "all": True}}, "scope"),
    ({"email": STRANGER, "reason": "mood"}, "reason"),
    ({"email": STRANGER, "received_at": "2099-01-01T00:00:00Z"}, "received_at"),
    ({"email": STRANGER, "received_at": "0001-01-01T00:00:00+14:00"}, "received_at"),
    ({"email": STRANGER, "reasons": "manual"}, "reasons"),
]


@pytest.mark.parametrize(("facts", "field"), WRONG)
def test_a_block_that_is_not_well_formed_is_refused_by_the_fields_name(
    tenant: Tenant, admin: Admin, facts: dict[str, Any], field: str
) -> None:
    answer = block(tenant, **facts)

    assert answer.status_code == 422
    assert list(answer.json["errors"]) == [field]
    assert stored(admin, tenant)["suppressions"] == 0


@pytest.mark.parametrize("address", [{"email": "not an address"}, {"phone": "12"}])
def test_what_is_no_address_cannot_be_blocked(tenant: Tenant, address: dict[str, str]) -> None:
    answer = block(tenant, **address)

    assert (answer.status_code, answer.json["code"]) == (422, "invalid_address")


def test_an_unknown_topic_cannot_be_blocked(tenant: Tenant) -> None:
    answer = block(tenant, email=STRANGER, scope={"topic": "gossip"})

    assert (answer.status_code, answer.json["code"]) == (422, "unknown_topic")


@pytest.mark.rule(36)
def test_one_controllers_blocks_are_nothing_to_another(
    tenant: Tenant, other_tenant: Tenant, admin: Admin
) -> None:
    theirs = make_person(other_tenant, admin)
    theirs.grant()

    block(tenant, email=theirs.email, scope="all")

    assert found(other_tenant, email=theirs.email) == []
    assert theirs.reasons() == []
