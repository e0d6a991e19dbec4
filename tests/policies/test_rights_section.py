"""What a policy may say about people's rights, its contact point and what it publishes."""

from pathlib import Path
from typing import Any

import pytest

from crm_service.policies.checking import check
from crm_service.policies.document import Policy, parse
from crm_service.policies.loading import read_policy
from crm_service.policies.rights import KINDS, Extension, FeeRule, Period
from tests.policies.documents import cantec_ee, changed, other

CANTEC = parse(cantec_ee(), version=1)


def found(document: object) -> list[tuple[str, str, str]]:
    return [(one.severity, one.path, one.message) for one in check(document)]


def rights(**section: Any) -> Policy:
    return parse(changed("rights", section), version=1)


@pytest.mark.clause("ee-12", "ee-13")
def test_cantec_issues_and_corrects_data_within_seven_working_days_of_estonia() -> None:
    assert CANTEC.holidays == "EE"
    for kind in ("access", "rectification", "portability"):
        assert CANTEC.rights.due[kind] == Period("working_days", 7)
    assert CANTEC.rights.due["erasure"] == Period("months", 1)
    assert set(CANTEC.rights.due) == set(KINDS)


@pytest.mark.clause("ee-15")
@pytest.mark.parametrize(
    ("ground", "article"),
    [
        ("rights_of_others", "17(3)"),
        ("impedes_service", "none"),
        ("law_enforcement", "23"),
        ("technically_impossible", "none"),
        ("not_the_data_subject", "12(6)"),
        ("not_identifiable", "11"),
    ],
)
def test_cantec_may_refuse_deletion_on_its_own_six_grounds(ground: str, article: str) -> None:
    refusal = CANTEC.rights.refusal(ground, "erasure")

    assert refusal is not None
    assert refusal.article == article
    assert set(refusal.text) == {"et", "en", "ru"}


@pytest.mark.clause("ee-15")
def test_no_ground_of_cantec_is_held_against_an_objection_or_a_withdrawal() -> None:
    for ground in CANTEC.rights.refusals:
        for kind in ("objection", "withdrawal"):
            assert CANTEC.rights.refusal(ground, kind) is None


@pytest.mark.clause("si-11", "si-17")
def test_without_a_section_the_law_holds_as_it_stands() -> None:
    plain = parse(other("consent_only"), version=1).rights

    assert set(plain.due.values()) == {Period("months", 1)}
    assert plain.extension == Extension(by=Period("months", 2), within=Period("months", 1))
    assert plain.complaint_within is None
    assert plain.fee == FeeRule()
    refusable = {g for g in plain.refusals if plain.refusal(g, "erasure")}
    articles = {plain.refusals[g].article for g in refusable}
    assert articles == {"12(5)", "12(6)", *(f"17(3)({letter})" for letter in "abcde")}


def test_a_stated_section_takes_over_nothing_that_it_does_not_state() -> None:
    section = rights(kinds={"access": {}}, due={"days": 14}).rights

    assert dict(section.due) == {"access": Period("days", 14)}
    assert (section.extension, section.fee, dict(section.refusals)) == (None, None, {})
    assert section.clock_stops_for == frozenset()


@pytest.mark.parametrize(
    ("path", "value", "severity", "place", "said"),
    [
        ("holidays", "XX", "error", "holidays", "'XX' are not known"),
        ("rights.due", {"days": 1, "months": 1}, "error", "rights.due", "one thing only"),
        ("rights.due", {"days": 0}, "error", "rights.due.days", "a whole number from 1 to 366"),
        ("rights.due", {"days": "14"}, "error", "rights.due.days", "must be a whole number"),
        ("rights.due", {"weeks": 2}, "error", "rights.due", "allowed: working_days, days"),
        ("rights.kinds", {"oblivion": {}}, "error", "rights.kinds", "allowed: access,"),
        ("rights.kinds", {"access": {"due": {"days": 40}}}, "warning", "rights.kinds.access.due",
         "Art. 12(3)"),
        ("rights.refusal_grounds", {"why": {"article": "x"}}, "error",
         "rights.refusal_grounds.why.article", "an article of the GDPR such as 17(3)(b)"),
        ("rights.refusal_grounds", {"why": {"article": "none"}}, "note",
         "rights.refusal_grounds.why.article", "at one's own risk"),
        ("rights.refusal_grounds", {"why": {"article": "11", "text": {"et": "sest"}}}, "warning",
         "rights.refusal_grounds.why.text", "is not said in en, ru"),
        ("rights.fee", {"most": {"amount": 0, "currency": "EUR"}}, "error",
         "rights.fee.most.amount", "a whole number from 1 to 100000"),
        ("rights.fee", {"most": {"amount": 20, "currency": "EEK"}}, "error",
         "rights.fee.most.currency", "'EEK' is no currency"),
        ("rights.fee", {"most": {"amount": 20}}, "error", "rights.fee.most", "currency"),
        ("rights.clock_stops_for", ["fee"], "note", "rights.clock_stops_for", "at one's own risk"),
        ("recipients", [{"name": {"zz": "A"}, "role": "processor"}], "error",
         "recipients.0.name.zz", "'zz' is not allowed"),
        ("controller.contact", {"email": "nobody"}, "error", "controller.contact.email",
         "an e-mail address"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_named_with_its_place(
    path: str, value: object, severity: str, place: str, said: str
) -> None:
    judged = found(changed(path, value))

    assert [one for one in judged if one[:2] == (severity, place) and said in one[2]]


def test_working_days_without_a_country_are_pointed_out() -> None:
    document = cantec_ee()
    del document["holidays"]

    assert [one for one in found(document) if one[:2] == ("warning", "rights")]


@pytest.mark.clause("no-07")
def test_a_policy_names_whom_to_turn_to_and_is_published_unless_it_says_otherwise() -> None:
    hidden = parse(changed("publication", {"right_to_know": False}), version=1)

    assert CANTEC.contact_point.address == "Mehaanika 12, 10616 Tallinn, Estonia"
    assert [one.role for one in CANTEC.publication.recipients] == [
        "controller",
        "controller",
        "authority",
    ]
    assert CANTEC.purposes["marketing"].name["et"] == "Turundus"
    assert (CANTEC.publication.right_to_know, hidden.publication.right_to_know) == (True, False)
    assert parse(other("consent_only"), version=1).publication.right_to_know


def published(name: str) -> Policy:
    path = Path(__file__).parents[2] / "deploy" / "policies" / f"{name}.yaml"
    return parse(read_policy(path), version=1)


@pytest.mark.clause("no-08")
def test_cantec_as_answers_within_fourteen_days_and_corrects_what_is_wrong() -> None:
    section = published("cantec-no").rights

    assert set(section.due.values()) == {Period("days", 14)}
    assert section.grounds["rectification"] == ("wrong", "incomplete", "unlawful")
    assert {"wrong", "incomplete", "unlawful"} <= set(section.grounds["erasure"])
    assert section.extension is None


@pytest.mark.clause("se-08", "se-09")
def test_cadcraft_erases_on_six_grounds() -> None:
    section = published("cadcraft").rights

    assert section.grounds["erasure"] == (
        "no_longer_needed",
        "consent_withdrawn",
        "marketing_objected",
        "objection_upheld",
        "unlawful",
        "legally_required",
    )
    assert {"access", "rectification"} <= section.due.keys()


@pytest.mark.clause("ws-06")
def test_web_systems_limits_access_only_by_law() -> None:
    section = published("websystems").rights

    limited = section.refusal("limited_by_law", "access")
    assert limited is not None
    assert limited.article == "23"
    assert section.refusal("lawful_without_consent", "withdrawal") is None


@pytest.mark.clause("si-10", "si-11", "si-17", "si-18")
def test_tenzor_answers_in_a_month_erases_in_fifteen_days_and_names_the_complaint() -> None:
    section = published("tenzor").rights
    articles = {one.article for one in section.refusals.values() if one.kinds == {"erasure"}}

    assert section.due["access"] == Period("months", 1)
    assert section.due["erasure"] == section.due["withdrawal"] == Period("days", 15)
    assert section.extension == Extension(by=Period("months", 2), within=Period("months", 1))
    assert section.complaint_within == Period("days", 15)
    assert articles == {f"17(3)({letter})" for letter in "abcde"}
