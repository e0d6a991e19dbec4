"""An audience is everybody for whom an eligibility check says yes, whatever is stored."""

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm_service.disclosures import people as reading
from crm_service.disclosures import service
from tests.contacts.register import Admin
from tests.disclosures.audiences import people
from tests.disclosures.storing import Block, Permission, Person, store
from tests.factories import make_tenant

BASES = ["consent", "legitimate_interests", "soft_opt_in", "contract", "public_task"]
STATES = ["granted", "granted", "granted", "pending", "withdrawn", "objected"]
#: Around five years, and far from it.
AGES = [1, 400, 1824, 1825, 1826, 1827, 2500]
REASONS = ["unsubscribe", "complaint", "hard_bounce", "invalid", "erasure", "manual"]

PERMISSIONS = st.builds(
    Permission,
    basis=st.sampled_from(BASES),
    state=st.sampled_from(STATES),
    purpose=st.sampled_from(["marketing", "marketing", "marketing", "service"]),
    topic=st.sampled_from([None, "news", "other"]),
    since=st.sampled_from(AGES),
    anchor=st.sampled_from(AGES),
)
SCOPES = [("all", None), ("marketing", None), ("topic", "news"), ("topic", "other")]
BLOCKS = st.builds(
    lambda scope, reason, is_lifted: Block(scope[0], reason, scope[1], is_lifted),
    st.sampled_from(SCOPES),
    st.sampled_from(REASONS),
    st.booleans(),
)
PEOPLE = st.builds(
    Person,
    permissions=st.lists(
        PERMISSIONS, max_size=4, unique_by=lambda one: (one.basis, one.purpose, one.topic)
    ),
    blocks=st.lists(BLOCKS, max_size=1),
    is_restricted=st.integers(0, 9).map(lambda number: number == 0),
)


@pytest.mark.rule(3, 16, 20, 21, 22, 23, 24)
@pytest.mark.parametrize(("channel", "name"), [("email", "email"), ("sms", "phone")])
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(persons=st.lists(PEOPLE, min_size=1, max_size=40))
def test_an_audience_is_everybody_for_whom_a_check_says_yes(
    app: Flask, admin: Admin, channel: str, name: str, persons: list[Person]
) -> None:
    tenant = make_tenant(app)
    asked = store(admin, tenant, channel, persons)
    check = {"topic": "news", "channel": channel, f"{name}s": asked}

    checked = tenant.client.post("/v1/eligibility-checks", json=check).json["results"]
    audience = people(tenant, channel=channel, fields=name)

    yes = {result[name]: result["basis"] for result in checked if result["eligible"]}
    assert {person[name]: person["basis"] for person in audience} == yes
    assert len(audience) == len(yes)


@pytest.mark.rule(22)
@pytest.mark.parametrize("batch", [1, 7, 1000])
@pytest.mark.parametrize("share_worth_walking", [0.0, 1.1])
def test_nobody_is_lost_or_doubled_between_batches(
    app: Flask,
    admin: Admin,
    monkeypatch: pytest.MonkeyPatch,
    batch: int,
    share_worth_walking: float,
) -> None:
    states = ["withdrawn", "granted", "granted"]
    persons = [Person([Permission("consent", states[n % 3])]) for n in range(60)]
    tenant = make_tenant(app)
    asked = store(admin, tenant, "email", persons)
    monkeypatch.setattr(service, "BATCH", batch)
    monkeypatch.setattr(reading, "_ENOUGH_TO_TELL", 1)
    monkeypatch.setattr(reading, "_WORTH_WALKING", share_worth_walking)

    found = [person["email"] for person in people(tenant, fields="email")]

    assert sorted(found) == sorted(email for n, email in enumerate(asked) if n % 3)
