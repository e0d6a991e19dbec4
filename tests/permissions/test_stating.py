from typing import Any

import pytest

from tests.factories import Tenant
from tests.permissions.person import EVIDENCE, Person, audited, consent
from tests.policies.documents import changed
from tests.policies.tenants import activate

FORBIDDEN: dict[str, tuple[dict[str, Any], str, str]] = {
    "a basis": ({"basis": "contract"}, "basis_not_allowed", "basis"),
    "a channel": (
        {"purpose": "service", "basis": "contract", "channel": "ads_google"},
        "channel_not_allowed",
        "channel",
    ),
    "a purpose": ({"purpose": "profiling"}, "unknown_purpose", "purpose"),
    "soft opt-in by post": (
        {"basis": "soft_opt_in", "channel": "post"},
        "basis_not_allowed",
        "basis",
    ),
}


@pytest.mark.rule(17)
@pytest.mark.clause("si-01", "se-03")
@pytest.mark.parametrize(("facts", "code", "field"), FORBIDDEN.values(), ids=FORBIDDEN.keys())
def test_what_the_policy_does_not_allow_is_refused(
    mari: Person, facts: dict[str, Any], code: str, field: str
) -> None:
    before = mari.stored()

    answer = mari.state("granted", **facts)

    assert (answer.status_code, answer.json["code"]) == (422, code)
    assert list(answer.json["errors"]) == [field]
    assert mari.stored() == before


@pytest.mark.parametrize("state", ["granted", "withdrawn"])
def test_an_unknown_topic_is_refused(mari: Person, state: str) -> None:
    answer = mari.state(state, topic="gossip")

    assert (answer.status_code, answer.json["code"]) == (422, "unknown_topic")


@pytest.mark.parametrize("facts", [{"topic": "offers", "purpose": "marketing"}, {"topic": None}])
def test_a_target_must_be_one_topic_or_one_purpose(mari: Person, facts: dict[str, Any]) -> None:
    stated = {"channel": "email", "basis": "consent", "state": "withdrawn", **facts}
    stated = {name: value for name, value in stated.items() if value is not None}

    answer = mari.tenant.client.post(f"{mari.path}/permissions", json=stated)

    assert (answer.status_code, answer.json["code"]) == (422, "target_ambiguous")


@pytest.mark.parametrize(
    "wrong", [{"channel": "fax"}, {"basis": "hope"}, {"state": "maybe"}, {"mood": "good"}]
)
def test_words_that_nobody_knows_are_refused_by_name(mari: Person, wrong: dict[str, str]) -> None:
    stated = {"topic": "offers", "channel": "email", "basis": "consent", "state": "withdrawn"}

    answer = mari.tenant.client.post(f"{mari.path}/permissions", json=stated | wrong)

    assert answer.status_code == 422
    assert list(answer.json["errors"]) == list(wrong)


@pytest.mark.rule(16, 17)
def test_a_refusal_is_heard_also_where_the_policy_allows_nothing_more(
    mari: Person, tenant: Tenant
) -> None:
    activate(tenant, changed("purposes.marketing.channels", ["email"]))

    by_post = mari.state("objected", "legitimate_interests", channel="post")

    assert (by_post.status_code, by_post.json["outcome"]) == (201, "recorded")


@pytest.mark.rule(21)
def test_a_channel_that_she_has_no_address_for_cannot_be_permitted(mari: Person) -> None:
    answer = mari.state("granted", channel="sms")

    assert (answer.status_code, answer.json["code"]) == (422, "address_missing")


@pytest.mark.rule(17, 25)
def test_a_request_is_no_permission_until_it_is_confirmed(mari: Person) -> None:
    mari.state("pending")
    requested = mari.reasons()

    confirmed = mari.state("granted", evidence=consent("2026-03-02T10:00:00Z"))

    assert requested == ["pending_confirmation"]
    assert confirmed.json["action"] == "confirmed"
    assert mari.reasons() == []
    assert [kind for kind, _ in mari.events("consent.%")] == ["consent.confirmed.v1"]


@pytest.mark.rule(19, 21)
def test_consent_holds_from_its_confirmation_not_from_its_request(mari: Person) -> None:
    mari.state("pending")
    mari.grant(evidence=EVIDENCE["consent"])

    between = mari.permissions(at="2026-03-01T12:00:00Z")

    assert [one["in_force"] for one in between] == [False]
    assert mari.permissions()[0]["in_force"] is True


@pytest.mark.rule(19)
def test_double_opt_in_holds_from_its_confirmation(mari: Person) -> None:
    times = {"requested_at": "2026-03-01T10:00:00Z", "confirmed_at": "2026-03-03T10:00:00Z"}

    mari.grant(evidence=consent("2026-03-01T10:00:00Z", double_opt_in=times))

    assert mari.permissions()[0]["since"] == "2026-03-03T10:00:00Z"
    assert mari.permissions(at="2026-03-02T10:00:00Z") == []


def test_an_older_consent_confirms_no_request(mari: Person) -> None:
    mari.state("pending", evidence=consent("2026-03-05T10:00:00Z"))

    answer = mari.state("granted", evidence=consent("2026-03-01T10:00:00Z"))

    assert answer.json["action"] == "granted"


@pytest.mark.rule(21)
def test_a_request_does_not_weaken_a_consent_that_stands(mari: Person) -> None:
    mari.grant()

    answer = mari.state("pending", evidence=consent("2026-04-01T10:00:00Z"))

    assert answer.json["outcome"] == "unchanged"
    assert mari.reasons() == []


@pytest.mark.rule(18)
@pytest.mark.parametrize("state", ["granted", "pending"])
def test_the_same_statement_again_records_nothing(mari: Person, state: str) -> None:
    mari.state(state)
    stored = mari.stored()

    answer = mari.state(state)

    assert answer.json == {
        "entry_id": None,
        "outcome": "unchanged",
        "action": "requested" if state == "pending" else "granted",
        "warnings": [],
    }
    assert mari.stored() == stored


@pytest.mark.rule(18)
def test_an_older_consent_never_replaces_a_newer_one(mari: Person) -> None:
    mari.grant(evidence=consent("2026-04-01T10:00:00Z"))

    older = mari.state("granted", evidence=consent("2026-03-01T10:00:00Z"))

    assert older.json["outcome"] == "unchanged"
    assert mari.permissions()[0]["since"] == "2026-04-01T10:00:00Z"


@pytest.mark.rule(25)
@pytest.mark.parametrize("basis", ["legitimate_interests", "soft_opt_in"])
def test_another_basis_than_consent_is_told_as_such(mari: Person, basis: str) -> None:
    mari.grant(basis)

    [(kind, told)] = mari.events("%basis%")

    assert kind == "legal_basis.recorded.v1"
    assert (told["basis"], told["topic"], told["channel"]) == (basis, "offers", "email")


@pytest.mark.rule(38, 39)
def test_every_statement_and_every_look_is_in_the_audit_log(mari: Person, tenant: Tenant) -> None:
    mari.grant()
    mari.permissions()
    tenant.client.get(f"{mari.path}/ledger")

    actions = ("permissions.record", "permissions.read", "permissions.ledger")
    entries = [entry for action in actions for entry in audited(mari.admin, tenant, action)]

    assert [entry["subject_id"] for entry in entries] == [str(mari.id)] * 3
    assert "mari" not in str(entries).lower()


@pytest.mark.rule(36)
@pytest.mark.parametrize("path", ["permissions", "ledger"])
def test_another_controllers_contact_has_no_permissions_here(
    mari: Person, other_tenant: Tenant, path: str
) -> None:
    read = other_tenant.client.get(f"{mari.path}/{path}")
    stated = other_tenant.client.post(
        f"{mari.path}/permissions",
        json={"topic": "offers", "basis": "consent", "state": "objected"},
    )

    assert (read.status_code, stated.status_code) == (404, 404)
