import hashlib
import re
import uuid
from typing import Any

import marshmallow as ma
import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crm_service.eligibility import asking
from crm_service.eligibility.extras import INCLUDES
from crm_service.eligibility.schemas import NewCheck
from crm_service.errors import Invalid
from crm_service.web import visible
from tests.factories import Tenant
from tests.permissions.person import Person, audited
from tests.policies.documents import changed
from tests.policies.tenants import activate

ASK = {"topic": "offers", "channel": "email", "emails": ["mari@example.com"]}


def check(tenant: Tenant, **facts: Any) -> Any:
    question = {name: value for name, value in (ASK | facts).items() if value is not None}
    return tenant.client.post("/v1/eligibility-checks", json=question)


ODD: st.SearchStrategy[object] = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=3), st.just([])
)
TEXTS = st.one_of(st.text(max_size=70), st.text(min_size=195, max_size=205), ODD)
IDS = st.one_of(st.uuids().map(str), st.uuids().map(lambda one: one.urn), ODD)
WRONG = {
    "topic": TEXTS,
    "channel": TEXTS,
    "campaign": TEXTS,
    "include": st.one_of(st.lists(st.one_of(st.sampled_from(INCLUDES), ODD), max_size=2), ODD),
    "emails": st.one_of(st.lists(st.one_of(st.text(max_size=5), ODD), max_size=3), ODD),
    "phones": st.one_of(st.lists(st.text(max_size=5), max_size=2), ODD),
    "contact_ids": st.one_of(st.lists(IDS, max_size=3), ODD),
    "more": ODD,
}
RIGHT = [
    ASK,
    {"topic": "a", "channel": "b", "phones": [""], "include": [], "campaign": "c"},
    {"topic": "a", "channel": "b", "contact_ids": [str(uuid.UUID(int=1))], "include": ["links"]},
]

FIELDS = {name: field for field, name in asking.LISTS.items()}


@st.composite
def bodies(draw: st.DrawFn) -> dict[str, Any]:
    """A well-formed question of which up to two fields are replaced and up to one is left out."""
    body: dict[str, Any] = dict(draw(st.sampled_from(RIGHT)))
    for name in draw(st.lists(st.sampled_from(sorted(WRONG)), max_size=2)):
        body[name] = draw(WRONG[name])
    left_out = draw(st.sampled_from([None, None, *sorted(body)]))
    return {name: value for name, value in body.items() if name != left_out}


def documented(body: dict[str, Any]) -> dict[str, Any] | set[str]:
    """Return what the documented shape reads, or the fields that it refuses."""
    hidden = {path.partition(".")[0] for path in visible.hidden(NewCheck(), body, b"\\")}
    try:
        read = dict(NewCheck().load(body))
    except ma.ValidationError as error:
        return hidden | set(dict(error.messages_dict))
    return hidden or read


@pytest.mark.rule(22)
@given(body=bodies())
@example(body=ASK | {"emails": ["a"] * 10_000})
@example(body=ASK | {"emails": ["a"] * 10_001})
def test_the_fast_reader_and_the_documented_shape_agree(body: dict[str, Any]) -> None:
    expected = documented(body)

    if isinstance(expected, set):
        with pytest.raises(Invalid) as refusal:
            asking.read(body)
        # Of several lists, either may name another one as the one too many.
        lists = set(asking.LISTS)
        assert set(refusal.value.errors) - lists == expected - lists
        return

    found = asking.read(body)
    assert expected[FIELDS[found.name]] == found.asked
    assert (found.topic, found.channel) == (expected["topic"], expected["channel"])
    assert (found.campaign, found.include) == (
        expected.get("campaign"),
        frozenset(expected.get("include", [])),
    )


@pytest.mark.rule(22)
def test_ten_thousand_addresses_are_one_call_and_one_more_are_too_many(mari: Person) -> None:
    emails = [f"p{n}@example.com" for n in range(10_001)]

    fitting, one_more = (check(mari.tenant, emails=emails[:n]) for n in (10_000, 10_001))

    assert (fitting.status_code, len(fitting.json["results"])) == (200, 10_000)
    assert (one_more.status_code, list(one_more.json["errors"])) == (422, ["emails"])


@pytest.mark.parametrize(("facts", "code"), [
    ({"topic": "gossip"}, "unknown_topic"),
    ({"channel": "fax"}, "unknown_channel"),
    ({"channel": "sms"}, "wrong_address_kind"),
    ({"emails": None, "phones": ["+3725123456"]}, "wrong_address_kind"),
    ({"emails": []}, "invalid_request"),
    ({"emails": None}, "invalid_request"),
    ({"phones": ["+3725123456"]}, "invalid_request"),
    ({"emails": None, "contact_ids": ["1"]}, "invalid_request"),
])  # fmt: skip
def test_a_question_that_makes_no_sense_is_refused(
    mari: Person, facts: dict[str, Any], code: str
) -> None:
    answer = check(mari.tenant, **facts)

    assert (answer.status_code, answer.json["code"]) == (422, code)


@pytest.mark.rule(7)
def test_nothing_can_be_sent_for_an_archived_topic(mari: Person, tenant: Tenant) -> None:
    mari.grant()
    tenant.client.delete("/v1/topics/offers")

    assert check(tenant).json["code"] == "unknown_topic"


@pytest.mark.rule(21)
def test_what_the_policy_dropped_is_no_basis_any_more(mari: Person, tenant: Tenant) -> None:
    mari.grant("legitimate_interests")
    assert mari.reasons() == []

    activate(tenant, changed("purposes.marketing.bases", {"consent": {}}))

    assert mari.reasons() == ["no_legal_basis"]
    assert mari.permissions()[0]["in_force"] is False
    assert check(tenant).json["policy_version"] == 2


@pytest.mark.rule(3, 4)
def test_a_purpose_renamed_to_service_lifts_nobodys_block(mari: Person, tenant: Tenant) -> None:
    purposes = changed(
        "purposes.promotion",
        {"category": "marketing", "channels": ["email"], "bases": {"consent": {}}},
    )
    activate(tenant, purposes)
    tenant.client.post(
        "/v1/topics",
        json={
            "slug": "promo",
            "name": {"en": "Promo"},
            "category": "marketing",
            "purpose": "promotion",
        },
    )
    mari.grant(topic="promo")
    mari.suppress("unsubscribe")

    activate(tenant, changed("purposes.promotion.category", "service", purposes))

    assert mari.reasons("promo") == ["suppressed"]


@pytest.mark.rule(10, 22)
def test_links_come_ready_with_both_headers(mari: Person, tenant: Tenant) -> None:
    found = check(tenant, include=["links"], campaign="spring", emails=[mari.email, "x"]).json
    known, invalid = found["results"]

    url = known["unsubscribe_url"]
    assert re.fullmatch(r"https://crm\.example\.com/u/[a-z2-7]{72}", url)
    assert known["headers"] == {
        "List-Unsubscribe": f"<{url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    assert "unsubscribe_url" not in invalid
    assert url.endswith(mari.link(campaign="spring"))


@pytest.mark.rule(22)
@pytest.mark.clause("ee-04")
def test_audiences_need_no_links_and_take_either_kind_of_address(mari: Person) -> None:
    mari.grant(channel="ads_google")

    by_mail = mari.verdict(channel="ads_google", include=["links"])
    by_phone = mari.verdict(channel="ads_google", phones=["+3725123456"])

    assert by_mail == {
        "email": mari.email,
        "eligible": True,
        "reasons": [],
        "basis": "consent",
    }
    assert by_phone["reasons"] == ["unknown_address"]


@pytest.mark.rule(22, 38)
def test_the_recorded_digest_is_that_of_the_results(mari: Person, tenant: Tenant) -> None:
    answer = check(tenant, emails=[mari.email, "õ"])

    [entry] = audited(mari.admin, tenant, "eligibility.check")
    results = orjson.dumps(orjson.loads(answer.data)["results"])
    assert entry["details"]["results_sha256"] == hashlib.sha256(results).hexdigest()
    assert uuid.UUID(entry["id"]).version == 4


def test_the_question_stands_in_one_place(mari: Person, tenant: Tenant) -> None:
    answer = tenant.client.post("/v1/eligibility-checks?topic=offers", json=ASK)

    assert answer.status_code == 422


@pytest.mark.rule(36)
def test_another_controllers_topic_is_unknown(mari: Person, other_tenant: Tenant) -> None:
    assert check(other_tenant).json["code"] == "unknown_topic"
