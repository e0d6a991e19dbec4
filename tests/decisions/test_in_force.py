"""A moment is judged by the policy in force then, and holds what happens at it."""

from datetime import datetime, timedelta

import pytest

from crm_service.db import driver_connection, transaction
from crm_service.policies import service as policies
from tests.decisions.moments import now, prove_at
from tests.factories import load_policy
from tests.permissions.person import Person


@pytest.mark.rule(19)
@pytest.mark.clause("ee-19")
def test_the_policy_in_force_then_judges(mari: Person) -> None:
    mari.grant("legitimate_interests", purpose="marketing")
    before = now()
    document = load_policy()
    del document["purposes"]["marketing"]["bases"]["legitimate_interests"]
    with mari.tenant.app.app_context(), transaction(mari.tenant.controller_id) as session:
        connection = driver_connection(session)
        policies.activate(connection, mari.tenant.controller_id, document, "operator:test")
    after = now()

    old, new = prove_at(mari, before), prove_at(mari, after)

    assert (old["verdict"]["basis"], old["policy"]["version"]) == ("legitimate_interests", 1)
    assert old["policy"]["replaced_at"] == new["policy"]["activated_at"]
    assert new["verdict"]["reasons"] == ["no_legal_basis"]
    assert (new["policy"]["version"], new["policy"]["replaced_at"]) == (2, None)
    assert new["policy"]["sha256"] == policies.sha256(document).hex()
    assert [term["basis"] for term in new["terms"]] == ["consent", "soft_opt_in"]


@pytest.mark.rule(19)
def test_a_moment_holds_what_happens_at_it(mari: Person) -> None:
    mari.grant()
    [entry] = prove_at(mari, now())["entries"]
    recorded_at = datetime.fromisoformat(entry["recorded_at"])
    just_before = recorded_at - timedelta(microseconds=1)
    document = {**load_policy(), "name": "cantec-ee-2"}
    with mari.tenant.app.app_context(), transaction(mari.tenant.controller_id) as session:
        connection = driver_connection(session)
        policies.activate(connection, mari.tenant.controller_id, document, "operator:test")
    activated_at = prove_at(mari, now())["policy"]["activated_at"]

    then = [prove_at(mari, at) for at in (just_before, recorded_at)]

    assert [proof["entries"][0]["known"] for proof in then] == [False, True]
    assert prove_at(mari, activated_at)["policy"]["version"] == 2
