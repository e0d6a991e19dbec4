"""What was refused without a click outlives erasure as a suppression (ADR 0023)."""

import pytest

from tests.factories import Tenant
from tests.permissions.person import Admin, Person, make_person


@pytest.fixture
def mari(tenant: Tenant, admin: Admin) -> Person:
    """A contact with topics to be asked about."""
    return make_person(tenant, admin)


def erase_and_import_again(person: Person) -> None:
    """Erase the person; then register the address on a legitimate interest."""
    assert person.tenant.client.delete(person.path).status_code == 204
    facts = {
        "email": person.email.upper(),
        "source": {"kind": "partner"},
        "permissions": [
            {
                "purpose": "marketing",
                "channel": "email",
                "basis": "legitimate_interests",
                "state": "granted",
                "evidence": {"assessment": "LIA-2"},
            }
        ],
    }
    assert person.tenant.client.put("/v1/contacts", json=facts).status_code == 201


def standing(person: Person) -> list[tuple[object, str, str]]:
    """Return scope, reason and source of every block on the address."""
    found = person.tenant.client.post("/v1/suppressions/lookup", json={"email": person.email})
    return [(one["scope"], one["reason"], one["source"]) for one in found.json["items"]]


@pytest.mark.rule(4, 5)
@pytest.mark.parametrize(
    ("state", "reason"), [("objected", "objection"), ("withdrawn", "unsubscribe")]
)
def test_a_refused_topic_is_blocked_when_the_person_is_erased(
    mari: Person, state: str, reason: str
) -> None:
    mari.grant("legitimate_interests")
    mari.state(state, "legitimate_interests")
    assert standing(mari) == []

    erase_and_import_again(mari)

    assert standing(mari) == [({"topic": "offers"}, reason, "erasure")]
    assert mari.verdict("offers")["eligible"] is False
    assert mari.verdict("news")["eligible"] is True


@pytest.mark.rule(4, 5)
def test_a_refusal_of_all_marketing_blocks_all_of_it(mari: Person) -> None:
    mari.state("objected", "legitimate_interests", purpose="marketing")

    erase_and_import_again(mari)

    assert standing(mari) == [("marketing", "objection", "erasure")]
    assert mari.verdict("news")["reasons"][0] == "suppressed"


@pytest.mark.rule(5)
def test_a_refusal_that_a_click_has_blocked_already_adds_nothing(mari: Person) -> None:
    mari.grant("consent")
    mari.click("offers")
    before = standing(mari)

    erase_and_import_again(mari)

    assert len(before) == 1
    assert standing(mari) == before
