import psycopg
import pytest
from flask import Flask
from psycopg.rows import TupleRow

from tests.factories import Tenant, make_tenant
from tests.policies.documents import cantec_ee, changed, other
from tests.policies.tenants import activate, bare_tenant

ACCEPTANCE = "/v1/agreement/acceptance"
WHO = "Mari Tamm, board member"


@pytest.fixture
def newcomer(app: Flask) -> Tenant:
    """A controller that has not accepted the agreement of its policy."""
    return make_tenant(app, policy=cantec_ee(), accept_agreement=False)


@pytest.mark.clause("ee-07")
def test_the_service_is_closed_until_the_agreement_is_accepted(newcomer: Tenant) -> None:
    before = newcomer.client.get("/v1/topics")
    accepted = newcomer.client.post(ACCEPTANCE, json={"version": "2026-01", "accepted_by": WHO})
    after = newcomer.client.get("/v1/topics")

    assert (before.status_code, before.json["code"]) == (403, "agreement_required")
    assert before.json["link"] == ACCEPTANCE
    assert (accepted.status_code, accepted.json["accepted"]) == (201, True)
    assert after.status_code == 200


@pytest.mark.clause("ee-07")
def test_who_accepted_which_version_when_is_recorded(newcomer: Tenant) -> None:
    newcomer.client.post(ACCEPTANCE, json={"version": "2026-01", "accepted_by": WHO})

    state = newcomer.client.get("/v1/agreement").json

    assert (state["required"], state["accepted"]) == (True, True)
    assert (state["version"], state["accepted_by"]) == ("2026-01", WHO)
    assert state["accepted_at"]
    assert state["url"].startswith("https://")


@pytest.mark.clause("ee-07")
def test_accepting_again_leaves_the_first_acceptance(newcomer: Tenant) -> None:
    newcomer.client.post(ACCEPTANCE, json={"version": "2026-01", "accepted_by": WHO})

    again = newcomer.client.post(ACCEPTANCE, json={"version": "2026-01", "accepted_by": "Another"})

    assert again.status_code == 200
    assert again.json["accepted_by"] == WHO


@pytest.mark.clause("ee-07")
def test_a_version_other_than_the_current_one_is_refused_naming_the_current(
    newcomer: Tenant,
) -> None:
    answer = newcomer.client.post(ACCEPTANCE, json={"version": "2025-07", "accepted_by": WHO})

    assert (answer.status_code, answer.json["code"]) == (409, "agreement_version")
    assert answer.json["version"] == "2026-01"
    assert newcomer.client.get("/v1/agreement").json["accepted"] is False


@pytest.mark.clause("ee-07")
def test_a_new_version_of_the_agreement_asks_again(newcomer: Tenant) -> None:
    newcomer.client.post(ACCEPTANCE, json={"version": "2026-01", "accepted_by": WHO})

    activate(newcomer, changed("agreement.version", "2027-01"))

    refused = newcomer.client.get("/v1/topics")
    assert (refused.status_code, refused.json["code"]) == (403, "agreement_required")
    state = newcomer.client.get("/v1/agreement").json
    assert (state["version"], state["accepted"], state["accepted_by"]) == ("2027-01", False, None)


@pytest.mark.rule(38)
def test_acceptance_and_its_reading_are_audited_without_the_name(
    newcomer: Tenant, admin: psycopg.Connection[TupleRow]
) -> None:
    newcomer.client.post(ACCEPTANCE, json={"version": "2026-01", "accepted_by": WHO})
    newcomer.client.get("/v1/agreement")

    rows = admin.execute(
        "SELECT action, fields, details::text FROM audit_entries"
        " WHERE controller_id = %s AND action LIKE 'policies.%%' ORDER BY position",
        (newcomer.controller_id,),
    ).fetchall()

    assert [row[0] for row in rows] == [
        "policies.accept_agreement",
        "policies.read_agreement",
        "policies.read_agreement",
    ]
    assert all(row[1] == ["accepted_by"] for row in rows)
    assert "Tamm" not in str(rows)


def test_a_policy_without_an_agreement_asks_for_none(app: Flask) -> None:
    choir = make_tenant(app, policy=other("consent_only"))

    state = choir.client.get("/v1/agreement").json
    answer = choir.client.post(ACCEPTANCE, json={"version": "1", "accepted_by": WHO})

    assert (state["required"], state["accepted"], state["version"]) == (False, False, None)
    assert (answer.status_code, answer.json["code"]) == (409, "no_agreement")
    assert choir.client.get("/v1/topics").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"version": "2026-01"},
        {"version": "2026-01", "accepted_by": "   "},
        {"version": "2026-01", "accepted_by": "x" * 201},
        {"version": 2026, "accepted_by": WHO},
        {"version": "2026-01", "accepted_by": WHO, "accepted_at": "2020-01-01T00:00:00Z"},
    ],
)
def test_an_acceptance_that_names_nobody_or_too_much_is_refused(
    newcomer: Tenant, body: dict[str, object]
) -> None:
    answer = newcomer.client.post(ACCEPTANCE, json=body)

    assert (answer.status_code, answer.json["code"]) == (422, "invalid_request")
    assert newcomer.client.get("/v1/agreement").json["accepted"] is False


@pytest.mark.rule(37)
def test_accepting_needs_its_own_scope(tenant: Tenant) -> None:
    reader = tenant.client_with("agreement:read")

    answer = reader.post(ACCEPTANCE, json={"version": "2026-01", "accepted_by": WHO})

    assert (answer.status_code, answer.json["code"]) == (403, "insufficient_scope")


@pytest.mark.clause("ee-19")
def test_the_active_policy_is_shown_with_its_date_and_the_earlier_ones(app: Flask) -> None:
    tenant = bare_tenant(app)
    activate(tenant, other("consent_only"))
    activate(tenant, other("until_unsubscribed"))

    shown = tenant.client.get("/v1/policy").json

    assert (shown["name"], shown["version"]) == ("trade-fair", 2)
    assert shown["document"] == other("until_unsubscribed")
    assert shown["activated_at"]
    [earlier] = shown["earlier"]
    assert (earlier["name"], earlier["version"]) == ("chamber-choir", 1)


def test_any_version_can_be_read_as_it_was(app: Flask) -> None:
    tenant = bare_tenant(app)
    activate(tenant, other("consent_only"))
    activate(tenant, other("until_unsubscribed"))

    first = tenant.client.get("/v1/policy/versions/1").json
    missing = tenant.client.get("/v1/policy/versions/99999999999999999999")

    assert first["document"] == other("consent_only")
    assert (missing.status_code, missing.json["code"]) == (404, "unknown_policy_version")


def test_a_controller_without_a_policy_has_none_to_show(app: Flask) -> None:
    tenant = bare_tenant(app)

    policy = tenant.client.get("/v1/policy")
    agreement = tenant.client.get("/v1/agreement")

    assert (policy.status_code, policy.json["code"]) == (404, "no_policy")
    assert (agreement.status_code, agreement.json["code"]) == (409, "no_policy")


@pytest.mark.rule(36)
def test_one_controllers_acceptance_is_not_anothers(newcomer: Tenant, app: Flask) -> None:
    second = make_tenant(app, policy=cantec_ee(), accept_agreement=False)

    newcomer.client.post(ACCEPTANCE, json={"version": "2026-01", "accepted_by": WHO})

    assert second.client.get("/v1/agreement").json["accepted"] is False
