"""What a policy says about holds, and what is found wrong with it."""

from typing import Any

import pytest

from crm_service.policies.checking import check
from crm_service.policies.document import parse
from crm_service.policies.loading import read_policy
from tests.policies.documents import CANTEC_EE, cantec_ee

TENZOR = CANTEC_EE.with_name("tenzor.yaml")


def found(holds: dict[str, Any]) -> list[tuple[str, str]]:
    """Return severity and path of what there is to say about the section."""
    document = {**cantec_ee(), "holds": holds}
    return [(one.severity, one.path) for one in check(document) if one.path.startswith("holds")]


def test_tenzor_holds_ten_years_after_a_court_and_five_after_an_amicable_settlement() -> None:
    terms = parse(dict(read_policy(TENZOR)), version=1).holds.terms

    assert terms["amicable_settlement"] == "P5Y"
    assert {terms[name] for name in ("judgment", "arbitration", "court_settlement")} == {"P10Y"}


def test_without_a_section_no_dispute_has_a_term() -> None:
    rules = parse(cantec_ee(), version=1).holds

    assert (dict(rules.terms), dict(rules.laws)) == ({}, {})


@pytest.mark.parametrize(
    ("holds", "expected"),
    [
        ({"dispute": {"judgment": "P0D"}}, ("error", "holds.dispute.judgment")),
        ({"dispute": {"judgment": "ten years"}}, ("error", "holds.dispute.judgment")),
        ({"dispute": {"revenge": "P10Y"}}, ("error", "holds.dispute")),
        ({"dispute": {"judgment": "P10Y"}}, ("warning", "holds.dispute")),
        ({"laws": {"archives": {}}}, ("error", "holds.laws.archives")),
        ({"laws": {"archives": {"name": {"en": "A"}}}}, ("error", "holds.laws.archives.name")),
        (
            {"laws": {"archives": {"name": {"et": "A", "xx": "A"}}}},
            ("error", "holds.laws.archives.name.xx"),
        ),
    ],
)
def test_what_holds_nothing_or_cannot_be_read_is_found(
    holds: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert expected in found(holds)
