"""Lifting the block of an opt-out gives back no consent from before it (rules 4 and 16)."""

from typing import Any

import pytest

from tests.factories import Tenant
from tests.permissions.person import Person, consent, make_person

WHY = {"justification": "she asked for it by letter of 1 October"}
LATER = "2026-11-21T10:00:00Z"


def lift_everything(person: Person) -> None:
    found = person.tenant.client.post("/v1/suppressions/lookup", json={"email": person.email})
    for block in found.json["items"]:
        path = f"/v1/suppressions/{block['id']}/lift"
        assert person.tenant.client.post(path, json=WHY).status_code == 200


def erased_and_back(person: Person, basis: str = "consent", **facts: Any) -> Person:
    """Erase her, and register her again with the permission that she had."""
    assert person.tenant.client.delete(person.path).status_code == 204
    again = make_person(person.tenant, person.admin)
    again.grant(basis, **facts)
    return again


@pytest.mark.rule(4, 16)
@pytest.mark.parametrize("fields", [{}, {"scope": "all"}])
def test_a_consent_from_before_an_opt_out_never_counts_again(
    mari: Person, fields: dict[str, str]
) -> None:
    mari.grant()
    mari.click(**fields)
    again = erased_and_back(mari)

    lift_everything(again)

    assert again.reasons() == ["withdrawn"]
    assert again.blocks() == set()


@pytest.mark.rule(4, 16)
def test_no_legitimate_interest_takes_its_place(mari: Person) -> None:
    mari.grant()
    mari.click(scope="all")
    again = erased_and_back(mari, "legitimate_interests", purpose="marketing")

    lift_everything(again)

    assert again.reasons() == ["withdrawn"]


@pytest.mark.rule(4)
def test_a_consent_registered_only_after_lifting_does_not_count_either(mari: Person) -> None:
    mari.grant()
    mari.click()
    mari.tenant.client.delete(mari.path)
    lift_everything(mari)

    again = make_person(mari.tenant, mari.admin)
    answer = again.state("granted")

    assert (answer.status_code, answer.json["code"]) == (409, "objection_stands")
    assert again.reasons() == ["withdrawn"]


@pytest.mark.rule(4, 16)
def test_consent_given_after_the_opt_out_counts_once_the_block_is_lifted(mari: Person) -> None:
    mari.grant()
    mari.click()
    mari.admin.execute(
        "UPDATE suppressions SET suppressed_at = '2026-04-01' WHERE controller_id = %s",
        (mari.tenant.controller_id,),
    )
    again = erased_and_back(mari, evidence=consent(LATER))

    lift_everything(again)

    assert again.reasons() == []


@pytest.mark.rule(4)
def test_lifting_what_was_entered_by_mistake_gives_everything_back(
    mari: Person, tenant: Tenant
) -> None:
    mari.grant()
    mari.suppress("unsubscribe")

    lift_everything(mari)

    assert mari.reasons() == []


@pytest.mark.rule(16, 25)
def test_the_refusal_is_dated_by_the_opt_out_and_told(mari: Person) -> None:
    mari.grant()
    mari.click()
    again = erased_and_back(mari)
    [block] = again.tenant.client.post("/v1/suppressions/lookup", json={"email": again.email}).json[
        "items"
    ]

    lift_everything(again)

    [standing] = [one for one in again.permissions() if one["topic"] == "offers"]
    assert (standing["state"], standing["since"]) == ("withdrawn", block["suppressed_at"])
    assert [data["source"] for _, data in again.events("consent.withdrawn.v1")][-1:] == ["lift"]
