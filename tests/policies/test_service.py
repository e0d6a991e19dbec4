from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from flask import Flask
from psycopg.rows import TupleRow

from crm_service.db import pipeline
from crm_service.errors import Conflict, Invalid, NotFound
from crm_service.policies import service
from tests.factories import Tenant
from tests.policies.documents import cantec_ee, changed, other
from tests.policies.tenants import activate, bare_tenant

Admin = psycopg.Connection[TupleRow]


@pytest.fixture
def bare(app: Flask) -> Tenant:
    """A controller without any policy."""
    return bare_tenant(app)


def events(admin: Admin, tenant: Tenant) -> list[TupleRow]:
    query = "SELECT type, subject_id, data FROM events WHERE controller_id = %s ORDER BY position"
    return admin.execute(query, (tenant.controller_id,)).fetchall()


@pytest.mark.clause("ee-19")
def test_an_activated_policy_holds_and_is_announced_and_audited(bare: Tenant, admin: Admin) -> None:
    activate(bare, cantec_ee())

    with pipeline(bare.controller_id) as connection:
        policy = service.active(connection, bare.controller_id)
    assert (policy.name, policy.version) == ("cantec-ee", 1)
    digest = service.sha256(cantec_ee()).hex()
    data = {"policy": "cantec-ee", "version": 1, "sha256": digest}
    assert events(admin, bare) == [("policy.changed.v1", None, data)]
    [audited] = admin.execute(
        "SELECT actor, count, details FROM audit_entries"
        " WHERE controller_id = %s AND action = 'policies.activate'",
        (bare.controller_id,),
    ).fetchall()
    assert audited == ("operator:test", 0, data)


@pytest.mark.clause("ee-19")
def test_the_same_document_again_is_no_new_version_and_no_event(bare: Tenant, admin: Admin) -> None:
    activate(bare, cantec_ee())

    again = activate(bare, dict(reversed(cantec_ee().items())))

    assert again.version == 1
    assert len(events(admin, bare)) == 1


@pytest.mark.clause("ee-19")
def test_a_changed_document_is_the_next_version_and_the_earlier_one_stays(bare: Tenant) -> None:
    activate(bare, cantec_ee())
    activate(bare, changed("default_language", "en"))
    activate(bare, cantec_ee())

    with pipeline(bare.controller_id) as connection:
        versions = service.history(connection, bare.controller_id)
        second = service.at_version(connection, bare.controller_id, 2)
        active = service.active(connection, bare.controller_id)

    assert [version.version for version in versions] == [3, 2, 1]
    assert (second.version, second.default_language) == (2, "en")
    assert (active.version, active.default_language) == (3, "et")


def test_a_document_with_an_error_is_refused_and_nothing_is_stored(
    bare: Tenant, admin: Admin
) -> None:
    with pytest.raises(Invalid) as refused:
        activate(bare, changed("timezone", "Europe/Talinn"))

    assert refused.value.code == "invalid_policy"
    assert set(refused.value.errors) == {"timezone"}
    assert events(admin, bare) == []


def test_activations_at_once_are_numbered_one_after_the_other(bare: Tenant) -> None:
    documents = [changed("controller.name", f"Cantec {number}") for number in range(6)]

    with ThreadPoolExecutor(6) as pool:
        versions = [policy.version for policy in pool.map(lambda d: activate(bare, d), documents)]

    assert sorted(versions) == [1, 2, 3, 4, 5, 6]


def test_a_policy_that_was_rolled_back_is_not_remembered(bare: Tenant) -> None:
    class Aborted(Exception):
        pass

    def abort() -> None:
        with pipeline(bare.controller_id) as connection:
            service.activate(connection, bare.controller_id, cantec_ee(), "operator:test")
            assert service.active(connection, bare.controller_id).name == "cantec-ee"
            raise Aborted

    with pytest.raises(Aborted):
        abort()
    activate(bare, other("consent_only"))

    with pipeline(bare.controller_id) as connection:
        assert service.active(connection, bare.controller_id).name == "chamber-choir"


def test_a_version_is_read_once_a_process(bare: Tenant) -> None:
    activate(bare, cantec_ee())
    with pipeline(bare.controller_id) as connection:
        first = service.at_version(connection, bare.controller_id, 1)

    with pipeline(bare.controller_id) as connection:
        again = service.at_version(connection, bare.controller_id, 1)

    assert again is first


def test_a_controller_without_a_policy_is_told_to_activate_one(bare: Tenant) -> None:
    with pipeline(bare.controller_id) as connection, pytest.raises(Conflict) as refused:
        service.active(connection, bare.controller_id)

    assert refused.value.code == "no_policy"


def test_a_version_that_never_was_is_not_found(tenant: Tenant) -> None:
    with pipeline(tenant.controller_id) as connection, pytest.raises(NotFound) as refused:
        service.at_version(connection, tenant.controller_id, 99)

    assert refused.value.code == "unknown_policy_version"


@pytest.mark.rule(36)
def test_another_controllers_policy_is_out_of_reach(bare: Tenant, tenant: Tenant) -> None:
    activate(bare, cantec_ee())

    with pipeline(tenant.controller_id) as connection:
        assert service.history(connection, bare.controller_id) == []


@pytest.mark.parametrize("name", ["consent_only", "until_unsubscribed", "post_only"])
def test_any_other_policy_is_data_as_well(bare: Tenant, name: str) -> None:
    document = other(name)

    policy = activate(bare, document)

    with pipeline(bare.controller_id) as connection:
        assert service.active(connection, bare.controller_id) == policy
    assert policy.name == document["name"]


def test_an_activated_version_can_be_neither_changed_nor_removed(
    bare: Tenant, admin: Admin
) -> None:
    activate(bare, cantec_ee())

    for statement in ("UPDATE policy_versions SET name = 'x'", "DELETE FROM policy_versions"):
        with pytest.raises(psycopg.errors.RestrictViolation):
            admin.execute(f"{statement} WHERE controller_id = %s", (bare.controller_id,))
