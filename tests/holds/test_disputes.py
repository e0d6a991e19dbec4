"""A dispute holds while it is open, and for the policy's term after it ended."""

import pytest
from flask import Flask

from tests.contacts.register import register
from tests.factories import Tenant
from tests.holds.holding import DISPUTE, STATUTORY, lift, of, place, resolve
from tests.rights.asking import at, under


@pytest.fixture
def tenzor(app: Flask) -> Tenant:
    """A register under the policy that has terms for disputes."""
    return under(app, "tenzor")


@pytest.mark.parametrize(
    ("outcome", "held_until"),
    [
        ("judgment", "2036-03-02"),
        ("arbitration", "2036-03-02"),
        ("court_settlement", "2036-03-02"),
        ("amicable_settlement", "2031-03-02"),
    ],
)
def test_a_dispute_holds_for_the_term_of_its_outcome_and_no_day_longer(
    tenzor: Tenant, outcome: str, held_until: str
) -> None:
    contact = register(tenzor)
    hold = place(tenzor, contact, DISPUTE).json
    stands = []

    resolved = resolve(tenzor, hold, outcome, "2026-03-02")
    for moment in (f"{held_until}T12:00:00Z", f"{held_until}T23:30:00Z"):
        with at(moment):
            stands += [of(tenzor, contact)[0]["stands"]]

    # Half an hour before midnight in UTC it is the next day in Ljubljana.
    assert stands == [True, False]
    assert resolved.json["held_until"] == held_until
    assert (hold["stands"], hold["held_until"]) == (True, None)


def test_an_open_dispute_has_no_last_day(tenzor: Tenant) -> None:
    contact = register(tenzor)
    place(tenzor, contact, DISPUTE)

    with at("2099-01-01T00:00:00Z"):
        [hold] = of(tenzor, contact)

    assert (hold["stands"], hold["held_until"]) == (True, None)


def test_a_term_from_the_leap_day_ends_with_february(tenzor: Tenant) -> None:
    hold = place(tenzor, register(tenzor), DISPUTE).json

    resolved = resolve(tenzor, hold, "judgment", "2024-02-29").json

    assert resolved["held_until"] == "2034-02-28"


def test_a_dispute_is_resolved_once(tenzor: Tenant) -> None:
    contact = register(tenzor)
    hold = place(tenzor, contact, DISPUTE).json
    resolve(tenzor, hold, "judgment", "2026-03-02")

    again = resolve(tenzor, hold, "amicable_settlement", "2020-01-01")

    assert (again.status_code, again.json["code"]) == (409, "resolved_already")
    assert of(tenzor, contact)[0]["outcome"] == "judgment"


def test_only_a_standing_dispute_is_resolved(tenzor: Tenant) -> None:
    contact = register(tenzor)
    statutory = place(tenzor, contact, STATUTORY).json
    lifted = lift(tenzor, place(tenzor, contact, DISPUTE).json).json

    answers = [resolve(tenzor, hold, "judgment", "2026-03-02") for hold in (statutory, lifted)]

    assert [(one.status_code, one.json["code"]) for one in answers] == [
        (409, "not_a_dispute"),
        (409, "lifted_already"),
    ]


def test_an_outcome_is_recorded_when_it_is_final(tenzor: Tenant) -> None:
    contact = register(tenzor)
    hold = place(tenzor, contact, DISPUTE).json

    with at("2026-11-30T23:30:00Z"):
        # It is the first of December in Ljubljana.
        early = resolve(tenzor, hold, "judgment", "2026-12-02")
        in_time = resolve(tenzor, hold, "judgment", "2026-12-01")

    assert (early.status_code, early.json["code"]) == (422, "not_final_yet")
    assert in_time.status_code == 200


@pytest.mark.parametrize(
    ("outcome", "final_on"), [("revenge", "2026-03-02"), ("judgment", "soon"), ("judgment", "")]
)
def test_an_outcome_that_makes_no_sense_is_refused(
    tenzor: Tenant, outcome: str, final_on: str
) -> None:
    contact = register(tenzor)
    hold = place(tenzor, contact, DISPUTE).json

    answer = resolve(tenzor, hold, outcome, final_on)

    assert (answer.status_code, answer.json["code"]) == (422, "invalid_request")
    assert of(tenzor, contact) == [hold]


def test_an_outcome_without_a_term_in_the_policy_says_what_to_add(app: Flask) -> None:
    tenant = under(app, "websystems")
    contact = register(tenant)
    hold = place(tenant, contact, DISPUTE).json

    answer = resolve(tenant, hold, "judgment", "2026-03-02")

    assert (answer.status_code, answer.json["code"]) == (422, "dispute_term_missing")
    assert "holds.dispute.judgment" in answer.json["detail"]
    assert answer.json["errors"] == {"outcome": ["the policy has no term for any outcome"]}
    assert of(tenant, contact) == [hold]
