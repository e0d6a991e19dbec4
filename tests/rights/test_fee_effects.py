"""What a fee does to the clock, to a refusal, and to what is kept of the person."""

import pytest
from flask import Flask

from tests.contacts.register import register
from tests.factories import Tenant
from tests.rights.asking import ask, at, decide, identify, read, step, under
from tests.rights.charging import FEE, charged, refused, stating
from tests.rights.opening import data, opened

PASSWORD = "correct horse battery"


@pytest.fixture
def slovene(app: Flask) -> Tenant:
    """A controller under the policy of which si-17 is a clause."""
    return under(app, "tenzor")


@pytest.mark.clause("si-17")
def test_the_clock_runs_on_while_a_fee_is_unpaid(slovene: Tenant) -> None:
    with at("2026-11-02T12:00:00+00:00"):
        request = charged(slovene)
    with at("2026-12-10T12:00:00+00:00"):
        found = read(slovene, request)
        settled = step(slovene, request, "fee/paid").json

    assert (found["clock_stopped_at"], found["overdue"]) == (None, True)
    assert settled["due_on"] == request["due_on"] == "2026-12-02"


def test_a_policy_may_stop_the_clock_for_a_fee_until_nothing_is_waited_for(app: Flask) -> None:
    tenant = stating(app, clock_stops_for=["identity", "fee"], fee={})
    with at("2026-11-02T12:00:00+00:00"):
        request = ask(tenant, "access")
        step(tenant, request, "fee", **FEE)
        step(tenant, request, "information", about="identity", question="Who are you?")
    with at("2026-11-12T12:00:00+00:00"):
        step(tenant, request, "fee/paid")
        waiting = read(tenant, request)
    with at("2026-11-22T12:00:00+00:00"):
        identify(tenant, request)
        running = read(tenant, request)

    # Twenty days it stood still: ten for the fee and the identity, ten for the identity alone.
    assert waiting["clock_stopped_at"] is not None
    assert (running["clock_stopped_at"], running["due_on"]) == (None, "2026-12-22")


@pytest.mark.clause("si-17")
def test_it_is_a_fee_or_a_refusal_and_not_both(slovene: Tenant) -> None:
    owed, paid = (charged(slovene, language="en") for _ in range(2))
    step(slovene, paid, "fee/paid")
    reason = {"ground": "unfounded_or_excessive", "reasons": "The third copy."}

    instead = decide(slovene, owed, "refused", **reason).json
    both = decide(slovene, paid, "refused", **reason)

    assert (instead["outcome"], instead["fee_outcome"]) == ("refused", "waived")
    assert "You need not pay the fee" in instead["letter"]["text"]
    assert refused(both) == (409, "fee_paid")
    assert decide(slovene, paid, "granted").status_code == 200
    assert "You paid a fee of €12.50" in read(slovene, paid)["letter"]["text"]


@pytest.mark.clause("si-17")
def test_how_often_the_same_person_asked_in_a_year_is_evidence(slovene: Tenant) -> None:
    with at("2025-11-01T12:00:00+00:00"):
        ask(slovene, "access")
    with at("2025-11-03T12:00:00+00:00"):
        early = ask(slovene, "access")
        ask(slovene, "access", email="other@example.org")
    with at("2026-06-01T12:00:00+00:00"):
        contact = register(slovene)
        ask(slovene, "erasure", contact_id=contact["id"])
        ask(slovene, "access")
    with at("2026-11-02T12:00:00+00:00"):
        last = ask(slovene, "access", email="MARI@example.com")

    assert read(slovene, last)["previous_requests"] == {"access": 2, "erasure": 1}
    assert read(slovene, early)["previous_requests"] == {"access": 1}


@pytest.mark.rule(5, 34)
@pytest.mark.clause("si-12")
def test_why_a_fee_was_asked_is_the_persons_and_goes_with_the_person(slovene: Tenant) -> None:
    register(slovene)
    request = charged(slovene)
    step(slovene, request, "fee/paid")
    decide(slovene, request, "granted")
    archive = slovene.client.post(
        f"/v1/rights-requests/{request['id']}/package", json={"password": PASSWORD}
    )
    requests = data(opened(archive.data, PASSWORD))["rights"]
    step(slovene, request, "close")
    forget = ask(slovene, "erasure")
    identify(slovene, forget)

    erased = decide(slovene, forget, "granted")

    [held] = [one for one in requests if one["id"] == request["id"]]
    left = read(slovene, request)
    assert (held["fee_amount"], held["fee_reasons"]) == ("12.50", FEE["reasons"])
    assert erased.status_code == 200
    assert (left["fee_reasons"], left["fee_outcome"]) == (None, "paid")
    assert FEE["reasons"] not in str(left)
