"""Of restricted people contracts stay as they are, but for a ground of the law (GDPR Art. 18)."""

from typing import Any

import pytest
from flask import Flask

from tests.contacts.register import Admin, audited
from tests.contracts.test_contracts import SIGNED, add, change, listed
from tests.factories import Answer, Tenant
from tests.notices.owed import granted
from tests.permissions.person import Person, make_person
from tests.recipients.register import under
from tests.rights.asking import ask

CLAIM = {"basis": "legal_claims", "reference": "case 2-26-1"}


@pytest.fixture
def mari(tenant: Tenant, admin: Admin) -> Person:
    """A person with a contract, whose data were restricted then."""
    person = make_person(tenant, admin)
    assert add(tenant, contact(person)).status_code == 201
    granted(person, "restriction")
    return person


def contact(person: Person) -> dict[str, Any]:
    return {"id": str(person.id)}


def code(answer: Answer) -> tuple[int, str]:
    return answer.status_code, answer.json["code"]


@pytest.mark.rule(33)
@pytest.mark.clause("si-17")
@pytest.mark.parametrize("more", [{}, {"necessary_for": {**CLAIM, "basis": "contract"}}])
def test_a_restricted_persons_contracts_stay_as_they_are(
    mari: Person, more: dict[str, Any]
) -> None:
    before = listed(mari.tenant, contact(mari))

    added = add(mari.tenant, contact(mari), reference="2024/115", **more)
    ended = change(mari.tenant, contact(mari), before[0], ended_on="2026-10-31", **more)

    assert (code(added), code(ended)) == ((409, "restricted"), (409, "restricted"))
    assert listed(mari.tenant, contact(mari)) == before


@pytest.mark.rule(33)
def test_a_claim_lets_a_contract_be_recorded_and_ended_and_is_on_record(
    mari: Person, admin: Admin
) -> None:
    claim = {"necessary_for": CLAIM}

    added = add(mari.tenant, contact(mari), reference="2024/115", **claim)
    ended = change(mari.tenant, contact(mari), added.json, ended_on="2026-10-31", **claim)

    assert (added.status_code, ended.json["ended_on"]) == (201, "2026-10-31")
    kept = audited(admin, mari.tenant, "contacts.except")
    assert [(one["purpose"], one["fields"]) for one in kept] == [
        ("legal_claims", ["reference", "signed_on"]),
        ("legal_claims", ["ended_on"]),
    ]


def test_a_change_that_says_nothing_new_is_no_processing(mari: Person) -> None:
    [before] = listed(mari.tenant, contact(mari))

    answer = change(mari.tenant, contact(mari), before, signed_on=SIGNED["signed_on"])

    assert (answer.status_code, answer.json) == (200, before)


@pytest.mark.parametrize("basis", ["curiosity", "rights_request", ""])
def test_a_ground_that_nobody_knows_is_refused(mari: Person, basis: str) -> None:
    said = {"necessary_for": {**CLAIM, "basis": basis}}

    answer = add(mari.tenant, contact(mari), reference="2024/115", **said)

    assert code(answer) == (422, "invalid_request")
    assert len(listed(mari.tenant, contact(mari))) == 1


@pytest.mark.clause("no-10")
def test_after_a_withdrawal_of_everything_a_contract_is_recorded_for_a_contract_alone(
    app: Flask, admin: Admin
) -> None:
    person = under(app, admin, "cantec-no")
    person.grant("consent", purpose="marketing")
    ask(person.tenant, "withdrawal", contact_id=str(person.id))
    needed = {"necessary_for": {"basis": "contract", "reference": "2024/114"}}

    without, with_one = (add(person.tenant, contact(person), **more) for more in ({}, needed))

    assert code(without) == (409, "processing_stopped")
    assert with_one.status_code == 201
