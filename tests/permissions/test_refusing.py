from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.factories import Tenant
from tests.permissions.person import EVIDENCE, Person, consent
from tests.policies.documents import cantec_ee
from tests.policies.tenants import activate

LI, OPT_IN = "legitimate_interests", "soft_opt_in"
REFUSALS = [("withdrawn", "consent"), ("objected", LI), ("objected", OPT_IN), ("withdrawn", LI)]


def lately(**ago: float) -> str:
    return (datetime.now(UTC) - timedelta(**ago)).isoformat()


def everything(mari: Person) -> None:
    mari.grant("consent")
    mari.grant(OPT_IN)
    mari.grant(LI, purpose="marketing")


@pytest.mark.rule(16)
@pytest.mark.clause("ee-06", "no-10", "si-02")
@pytest.mark.parametrize(("state", "basis"), REFUSALS)
def test_one_refusal_ends_every_basis_for_the_topic(mari: Person, state: str, basis: str) -> None:
    everything(mari)
    assert mari.verdict()["basis"] == "consent"

    mari.state(state, basis)

    kept = {(None, LI): "granted"}
    ended = {("offers", "consent"), ("offers", OPT_IN), ("offers", LI)}
    states = mari.stands()
    assert {key for key, value in states.items() if value in {"withdrawn", "objected"}} == ended
    assert states[None, LI] == kept[None, LI]
    assert not mari.verdict()["eligible"]


@pytest.mark.rule(15, 23)
def test_leaving_one_topic_leaves_the_others(mari: Person) -> None:
    everything(mari)

    mari.state("withdrawn")

    assert mari.reasons("offers") == ["objected", "withdrawn"]
    assert mari.verdict("news")["basis"] == LI


@pytest.mark.rule(16, 25)
def test_consent_is_withdrawn_and_anything_else_is_objected_to(mari: Person) -> None:
    everything(mari)

    mari.state("withdrawn")

    told = sorted((kind, data["basis"]) for kind, data in mari.events() if "topic" in data)[-3:]
    assert told == [
        ("legal_basis.recorded.v1", OPT_IN),
        ("objection.recorded.v1", LI),
        ("objection.recorded.v1", OPT_IN),
    ]
    assert [data["basis"] for _, data in mari.events("consent.withdrawn.v1")] == ["consent"]


@pytest.mark.rule(16, 23)
@pytest.mark.parametrize("before", ["consent", LI, None])
def test_a_refused_purpose_stays_refused_for_every_topic_and_every_other_basis(
    mari: Person, before: str | None
) -> None:
    if before:
        mari.grant(before)

    mari.state("objected", LI, purpose="marketing")

    answers = [
        mari.state("granted", LI, purpose="marketing"),
        mari.state("granted", LI, topic="news"),
        mari.state("granted", OPT_IN, topic="offers"),
    ]
    assert [answer.json["code"] for answer in answers] == ["objection_stands"] * 3
    assert [mari.verdict(topic)["eligible"] for topic in ("offers", "news")] == [False, False]


@pytest.mark.rule(4, 16)
@pytest.mark.parametrize(("state", "basis"), REFUSALS)
def test_after_a_refusal_only_later_consent_counts(mari: Person, state: str, basis: str) -> None:
    mari.state(state, basis, occurred_at=lately(days=2))

    older = mari.state("granted", evidence=consent(lately(days=3)))
    other = [mari.state("granted", each) for each in (LI, OPT_IN)]
    later = mari.state("granted", evidence=consent(lately(days=1)))

    assert [answer.json["code"] for answer in (older, *other)] == ["objection_stands"] * 3
    assert later.json["outcome"] == "recorded"
    assert mari.verdict()["basis"] == "consent"


@pytest.mark.rule(4, 16)
def test_a_grant_refused_stores_nothing(mari: Person) -> None:
    mari.state("objected", LI)
    stored = mari.stored()

    answer = mari.state("granted", LI)

    assert answer.status_code == 409
    assert mari.stored() == stored


@pytest.mark.rule(4, 16)
def test_a_request_that_anybody_may_make_turns_no_refusal_back(mari: Person) -> None:
    mari.grant()
    mari.state("withdrawn", occurred_at=lately(days=2))

    requested = mari.state("pending", evidence=consent(lately(days=1)))
    by_interest = mari.state("granted", LI)

    assert requested.json["outcome"] == "recorded"
    assert by_interest.json["code"] == "objection_stands"
    assert mari.reasons() == ["withdrawn"]


@pytest.mark.rule(16, 25)
def test_a_confirmed_request_ends_a_refusal(mari: Person) -> None:
    mari.state("withdrawn", occurred_at=lately(days=2))
    mari.state("pending", evidence=consent(lately(days=1)))

    answer = mari.state("granted", evidence=consent(lately(hours=1)))

    assert answer.json["action"] == "confirmed"
    assert mari.reasons() == []
    assert mari.events()[-1][0] == "consent.confirmed.v1"


@pytest.mark.rule(4, 16)
def test_evidence_that_was_ended_cannot_be_sent_again(mari: Person) -> None:
    ahead = consent((datetime.now(UTC) + timedelta(minutes=4)).isoformat())
    mari.grant(evidence=ahead)
    mari.state("withdrawn")

    again = mari.state("granted", evidence=ahead)

    assert again.json["code"] == "objection_stands"


@pytest.mark.rule(16)
def test_a_refusal_dated_to_come_holds_from_now(mari: Person) -> None:
    mari.grant()

    mari.state("withdrawn", occurred_at="2099-01-01T00:00:00Z")

    assert mari.reasons() == ["withdrawn"]
    assert mari.permissions()[0]["since"] < "2099"


@pytest.mark.rule(11, 16)
def test_the_same_refusal_again_records_nothing(mari: Person) -> None:
    mari.grant()
    mari.state("withdrawn")
    stored = mari.stored()

    answer = mari.state("withdrawn")

    assert answer.json == {
        "entry_id": None,
        "outcome": "unchanged",
        "action": "withdrawn",
        "warnings": [],
    }
    assert mari.stored() == stored


@pytest.mark.rule(16, 23)
def test_consent_inherited_since_a_refusal_is_ended_by_the_next_one(
    mari: Person, tenant: Tenant
) -> None:
    policy: dict[str, Any] = cantec_ee()
    policy["purposes"]["marketing"]["bases"]["consent"]["inherits"] = True
    activate(tenant, policy)
    mari.state("withdrawn", occurred_at=lately(days=2))
    mari.grant(purpose="marketing", evidence=consent(lately(days=1)))
    assert mari.reasons() == []

    mari.state("withdrawn")

    assert mari.reasons() == ["withdrawn"]
    assert mari.reasons("news") == []


@pytest.mark.rule(20)
def test_an_old_refusal_does_not_begin_the_term_of_later_consent(mari: Person) -> None:
    mari.state("withdrawn", occurred_at="2001-01-01T00:00:00Z")

    mari.grant(evidence=EVIDENCE["consent"])

    assert mari.reasons() == []


@pytest.mark.rule(16)
def test_a_service_purpose_is_refused_on_its_own(mari: Person) -> None:
    mari.grant("contract", purpose="service")
    mari.grant(LI, purpose="marketing")

    mari.state("objected", LI, purpose="marketing")

    assert mari.reasons("offers") == ["objected"]
    assert mari.verdict("invoices")["basis"] == "contract"
