from typing import Any

import pytest

from crm_service.policies import checking
from crm_service.policies.document import parse
from tests.factories import load_policy


def findings(**sections: Any) -> list[tuple[str, str]]:
    document = load_policy()
    del document["purposes"]["engagement_tracking"]
    purpose = {"category": "marketing", "channels": ["email"], "bases": {"consent": {}}}
    document["purposes"] = document["purposes"] | {"watching": purpose}
    document["purposes"]["watching"] |= sections.pop("watching", {})
    found = checking.check(document | sections)
    return [(one.severity, one.path) for one in found if one.severity != "note"]


@pytest.mark.rule(31)
@pytest.mark.parametrize(
    ("sections", "expected"),
    [
        ({"tracking": {"purpose": "watching"}}, []),
        ({"tracking": {"purpose": "spying"}}, [("error", "tracking.purpose")]),
        ({"tracking": {"purpose": "service"}}, [("error", "tracking.purpose")]),
        ({"tracking": {}}, [("error", "tracking")]),
        (
            {"tracking": {"purpose": "watching"}, "watching": {"channels": ["sms"]}},
            [("error", "purposes.watching.channels")],
        ),
        (
            {"tracking": {"purpose": "watching"}, "watching": {"bases": {"contract": {}}}},
            [("warning", "purposes.watching.bases.contract")] * 2,
        ),
        ({"tracking": {"purpose": "watching"}, "mail": {"inbound_domain": "in.example.com"}}, []),
    ],
)
def test_tracking_needs_a_purpose_of_its_own(
    sections: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert findings(**sections) == expected


@pytest.mark.parametrize("domain", ["", "localhost", "In.example.com", "a b.example.com", "x@y.ee"])
def test_what_is_no_domain_receives_no_mail(domain: str) -> None:
    found = findings(mail={"inbound_domain": domain})

    assert ("error", "mail.inbound_domain") in found


@pytest.mark.clause("ee-03")
def test_the_policy_of_cantec_tracks_for_a_purpose_of_its_own() -> None:
    policy = parse(load_policy(), version=1)

    assert policy.tracking.purpose == "engagement_tracking"
    assert policy.purposes["engagement_tracking"].allows("legitimate_interests", "email")


@pytest.mark.rule(31)
def test_a_policy_that_names_no_tracking_tracks_nobody() -> None:
    document = load_policy()
    del document["tracking"]

    assert parse(document, version=1).tracking.purpose is None
