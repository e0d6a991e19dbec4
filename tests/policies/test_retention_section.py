"""What a policy may say about how long data are kept, and what the five published ones say."""

from typing import Any

import pytest

from crm_service.interactions.service import CATEGORIES as BY_KIND
from crm_service.policies import retention, vocabulary
from crm_service.policies.checking import check, schema_validator
from crm_service.policies.document import Policy, parse
from crm_service.policies.loading import read_policy
from crm_service.policies.retention import RetentionRule
from tests.policies.documents import cantec_ee, changed
from tests.policies.test_published import POLICIES

RULE = {"category": "contact", "keep": "P5Y", "from": "added"}


def published(name: str) -> Policy:
    return parse(read_policy(POLICIES / f"{name}.yaml"), version=1)


def rules(name: str, category: str) -> list[tuple[str, str | None, str]]:
    found: tuple[RetentionRule, ...] = published(name).retention.of(category)
    return [(rule.keep, rule.counted_from, rule.action) for rule in found]


def said(**rule: Any) -> dict[str, str]:
    """Return what is said of a policy with this one rule beside that of contacts, by place."""
    stated = {name.rstrip("_"): value for name, value in rule.items()}
    section = {"rules": {"register": RULE, "mine": stated}}
    found = check(changed("retention", section))
    place = "retention.rules.mine"
    return {one.path[len(place) + 1 :]: one.message for one in found if place in one.path}


def test_cantecs_register_is_kept_as_long_as_its_marketing_may_run_or_the_relationship_lasts() -> (
    None
):
    assert rules("cantec-ee", "contact") == [
        ("P5Y", "added", "erase"),
        ("P7Y", "last_interaction", "erase"),
    ]
    assert published("cantec-ee").purposes["marketing"].bases["consent"].term == "P5Y"


def test_the_published_terms_are_in_the_published_policies() -> None:
    assert rules("tenzor", "recordings") == [("P90D", "occurred", "announce")]
    assert rules("tenzor", "contracts") == [("P6Y", "contract_end", "erase")]
    assert rules("cantec-no", "call_log")[0] == ("P1Y", "occurred", "fields")
    assert rules("cadcraft", "call_log") == [("P0D", "occurred", "erase")]
    assert rules("websystems", "contact") == [("unlimited", None, "erase")]


def test_what_is_kept_permanently_is_described_with_the_law_that_demands_it() -> None:
    [told] = [r for r in published("tenzor").retention.described() if r["keep"] == "permanent"]

    assert told["law"].endswith("(ZVDAGA)")
    assert (told["rule"], told["clause"]) == ("archive_records", "si-20")
    assert "then" not in told


def test_a_rule_without_meaning_is_named_with_its_place_and_what_is_allowed() -> None:
    assert "did you mean call_log" in said(category="call_logs", keep="P1Y")["category"]
    assert "a law demands it" in said(category="inquiries", keep="permanent")["law"]
    assert "such as P5Y" in said(category="inquiries", keep="P-1Y", from_="occurred")["keep"]
    assert "must say what" in said(category="inquiries", keep="P1Y")["from"]
    assert (
        "counted from nothing"
        in said(category="inquiries", keep="unlimited", from_="added")["from"]
    )
    assert "allowed: contract_end" in said(category="contracts", keep="P6Y", from_="added")["from"]
    assert "must name category" in said(keep="P1Y")[""]


def test_an_action_that_cannot_be_done_is_refused_with_what_can() -> None:
    call = {"category": "call_log", "keep": "P1Y", "from_": "occurred"}

    assert "number, occurred_at" in said(**call, then="fields")["fields"]
    assert "then: fields only" in said(**call, fields=["number"])["fields"]
    assert "'url' is not allowed" in said(**call, then="fields", fields=["url"])["fields"]
    technical = {"category": "attributes.technical", "keep": "P1Y", "from_": "added"}
    assert "allowed: erase" in said(**technical, then="announce")["then"]
    assert "stays" in said(category="call_log", keep="unlimited", then="announce")["then"]


def test_a_purpose_is_one_of_the_policys_and_narrows_interactions_alone() -> None:
    call = {"category": "call_log", "keep": "P1Y", "from_": "occurred"}

    assert "allowed: marketing" in said(**call, purpose="training")["purpose"]
    contact = {"category": "contact", "keep": "P1Y", "from_": "withdrawal", "purpose": "service"}
    assert "interactions only" in said(**contact)["purpose"]
    assert said(**call, purpose="service") == {}


def test_two_rules_about_the_same_data_contradict_each_other() -> None:
    assert said(category="contact", keep="P1Y", from_="added")[""].startswith("contradicts reg")
    assert said(category="contact", keep="P1Y", from_="withdrawal") == {}


def test_who_never_had_to_do_with_the_controller_is_not_erased_at_once() -> None:
    alone = {"rules": {"mine": {**RULE, "from": "last_interaction"}}}

    [error] = [one for one in check(changed("retention", alone)) if one.is_error]

    assert (error.path, "add a rule" in error.message) == ("retention.rules", True)


@pytest.mark.clause("ee-05")
def test_contacts_that_go_before_their_marketing_ends_are_warned_of() -> None:
    short = {"rules": {"mine": {**RULE, "keep": "P3Y"}}}

    paths = [one.path for one in check(changed("retention", short)) if one.severity == "warning"]

    assert "purposes.marketing.bases.legitimate_interests.term" in paths
    assert [one for one in check(cantec_ee()) if one.severity == "warning"] == []


def test_a_category_of_its_own_is_declared_first() -> None:
    rule = {"category": "warranty", "keep": "P2Y", "from": "occurred"}
    section = {"categories": ["warranty"], "rules": {"register": RULE, "mine": rule}}

    assert [one for one in check(changed("retention", section)) if one.is_error] == []
    assert parse(changed("retention", section), version=1).retention.categories == ("warranty",)


def test_the_schema_and_the_rooms_know_the_same_words() -> None:
    schema = schema_validator().schema
    assert isinstance(schema, dict)
    rule = schema["$defs"]["retention_rule"]["properties"]

    assert tuple(rule["from"]["enum"]) == retention.ANCHORS
    assert tuple(rule["then"]["enum"]) == retention.ACTIONS
    assert tuple(rule["fields"]["items"]["enum"]) == retention.FIELDS
    assert set(BY_KIND.values()) == set(retention.INTERACTIONS)
    attributes = tuple(f"attributes.{one}" for one in vocabulary.ATTRIBUTE_CATEGORIES)
    assert attributes == retention.ATTRIBUTES
