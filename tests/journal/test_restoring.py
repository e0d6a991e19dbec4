"""A backup from before an erasure, a click and a refusal serves none of them wrongly (rule 35)."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.cli import ScriptInfo
from werkzeug.test import TestResponse

from crm_service.clock import utcnow
from crm_service.commands import controller_group
from crm_service.offboarding import leaving
from tests.factories import Tenant, make_tenant
from tests.journal.conftest import Restorable
from tests.notices.owed import granted
from tests.offboarding.commands import everything
from tests.permissions.person import Person, link_path, make_person
from tests.rights.asking import ask, decide, identify, read


def registered(restorable: Restorable, tenant: Tenant, name: str) -> Person:
    with restorable.app.app_context():
        person = make_person(tenant, restorable.admin, email=f"{name}@example.com")
        person.grant()
        return person


def post(app: Flask, path: str) -> TestResponse:
    return app.test_client().post(path)


def refused(restorable: Restorable, tenant: Tenant) -> tuple[int, str]:
    answer = tenant.client.get("/v1/contacts")
    return answer.status_code, answer.json.get("code", "")


NET = {"domain": "*.example.net", "scope": "marketing", "reason": "manual"}


def verdicts(tenant: Tenant) -> list[list[str]]:
    names = ["gone@example.com", "left@example.com", "refusing@example.com", "late@example.com"]
    asked = {"topic": "offers", "emails": [*names, "who@shop.example.net", "staying@example.com"]}
    answer = tenant.client.post("/v1/eligibility-checks", json={"channel": "email", **asked})
    return [one["reasons"] for one in answer.json["results"]]


@pytest.mark.rule(5, 16, 35)
@pytest.mark.clause("ws-05", "ee-16")
def test_what_was_erased_left_and_refused_since_the_backup_stays_so(restorable: Restorable) -> None:
    tenant = make_tenant(restorable.app)
    people = [registered(restorable, tenant, n) for n in ("gone", "left", "refusing", "staying")]
    copy = restorable.back_up()
    people[1].click()
    people[2].state("objected", "legitimate_interests", purpose="marketing")
    tenant.client.delete(people[0].path)
    late = link_path(tenant, "late@example.com", "offers")
    post(restorable.app, late)
    tenant.client.post("/v1/suppressions", json=NET)
    restorable.write()
    before = verdicts(tenant)

    restorable.restore(copy)

    assert refused(restorable, tenant) == (503, "restore_pending")
    assert post(restorable.app, late).status_code == 503
    done = restorable.replay()
    assert done.proved == done.last >= 6
    assert verdicts(tenant) == before
    assert before[-1] == []
    assert tenant.client.get(people[0].path).status_code == 404


@pytest.mark.rule(34, 35)
@pytest.mark.clause("ws-05")
def test_what_was_erased_of_somebody_without_a_contact_stays_so(restorable: Restorable) -> None:
    tenant = make_tenant(restorable.app)
    asked = ask(tenant, "rectification", email="who@example.com", details="who am I to you?")
    request = ask(tenant, "erasure", email="who@example.com")
    identify(tenant, request)
    copy = restorable.back_up()
    decide(tenant, request, "granted")
    restorable.write()

    restorable.restore(copy)
    restorable.replay()

    restored = read(tenant, asked)
    assert (restored["email"], restored["details"]) == (None, None)


@pytest.mark.rule(35)
def test_a_replay_that_is_run_again_changes_nothing(restorable: Restorable) -> None:
    tenant = make_tenant(restorable.app)
    mari = registered(restorable, tenant, "mari")
    copy = restorable.back_up()
    mari.click()
    restorable.write()
    restorable.restore(copy)
    first = restorable.replay()
    mari.admin.close()

    again = restorable.replay()

    assert {outcome for _, outcome in first.outcomes} == {"applied"}
    assert again.outcomes == {}
    assert (again.last, again.digest) == (first.last, first.digest)


@pytest.mark.rule(4, 35)
def test_what_was_set_and_lifted_since_is_not_set_again(restorable: Restorable) -> None:
    tenant = make_tenant(restorable.app)
    mari = registered(restorable, tenant, "mari")
    copy = restorable.back_up()
    mari.suppress("manual")
    [block] = tenant.client.get("/v1/suppressions").json["items"]
    reason = {"justification": "It was meant for somebody else."}
    assert tenant.client.post(f"/v1/suppressions/{block['id']}/lift", json=reason).json["lifted_at"]
    restorable.write()
    restorable.restore(copy)

    restorable.replay()

    assert mari.reasons() == []


@pytest.mark.rule(35)
def test_a_database_that_was_not_restored_answers_whenever_its_writer_stopped(
    restorable: Restorable,
) -> None:
    tenant = make_tenant(restorable.app)
    mari = registered(restorable, tenant, "mari")
    mari.click()
    restorable.write()
    restorable.restore(restorable.back_up())
    mari.click("news")

    assert refused(restorable, tenant) == (200, "")
    assert restorable.write() == 1
    assert restorable.write() == 0


@pytest.mark.rule(33, 35)
def test_a_restriction_and_its_lift_since_the_backup_hold_after_a_restore(
    restorable: Restorable,
) -> None:
    tenant = make_tenant(restorable.app)
    only_stored, free, freed = (
        registered(restorable, tenant, name) for name in ("only-stored", "free", "freed")
    )
    with restorable.app.app_context():
        granted(freed, "restriction")
    copy = restorable.back_up()
    with restorable.app.app_context():
        for person in (only_stored, free):
            granted(person, "restriction")
    told = {"justification": "verified", "informed_at": utcnow().isoformat()}
    for person in (free, freed):
        assert tenant.client.post(f"{person.path}/restriction/lift", json=told).status_code == 200
    restorable.write()

    restorable.restore(copy)
    restorable.replay()

    people = (only_stored, free, freed)
    assert [person.reasons() for person in people] == [["restricted"], [], []]


def controllers(app: Flask, *arguments: object) -> Result:
    info = ScriptInfo(create_app=lambda: app, set_debug_flag=False)
    return CliRunner().invoke(controller_group, [str(one) for one in arguments], obj=info)


@pytest.mark.rule(35, 36)
@pytest.mark.clause("ee-21")
def test_a_controller_that_has_left_does_not_come_back_with_an_older_backup(
    restorable: Restorable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaving, "SETTLING_SECONDS", 0)
    staying, gone = make_tenant(restorable.app), make_tenant(restorable.app)
    mari = registered(restorable, gone, "mari")
    link = link_path(gone, mari.email, "offers")
    copy = restorable.back_up()
    mari.click()
    export, named = tmp_path / "all.zip", ("--confirm", gone.slug)
    assert controllers(restorable.app, "export", gone.slug, "--output", export).exit_code == 0
    offboard = ("offboard", gone.slug, "--export", export, *named)
    assert controllers(restorable.app, *offboard).exit_code == 0
    restorable.write()
    assert str(gone.controller_id) not in everything(restorable.admin)

    restorable.restore(copy)
    closed = refused(restorable, gone)
    done = restorable.replay()

    assert closed == (503, "restore_pending")
    assert done.outcomes["controller.offboarded.v1", "applied"] == 1
    assert refused(restorable, gone) == (401, "unauthenticated")
    assert restorable.app.test_client().get(link).status_code == 410
    assert refused(restorable, staying) == (200, "")
    assert str(gone.controller_id) in everything(restorable.admin)
    again = controllers(restorable.app, *offboard)
    assert again.exit_code == 0, again.output
    assert str(gone.controller_id) not in everything(restorable.admin)


@pytest.mark.rule(35)
def test_a_backup_from_before_a_controller_that_has_left_needs_nothing_of_it(
    restorable: Restorable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaving, "SETTLING_SECONDS", 0)
    staying = make_tenant(restorable.app)
    copy = restorable.back_up()
    gone = make_tenant(restorable.app)
    registered(restorable, gone, "mari").click()
    restorable.write()
    export = tmp_path / "all.zip"
    controllers(restorable.app, "export", gone.slug, "--output", export)
    offboard = ("offboard", gone.slug, "--export", export, "--confirm", gone.slug)
    assert controllers(restorable.app, *offboard).exit_code == 0
    restorable.write()

    restorable.restore(copy)
    restorable.replay()

    assert refused(restorable, staying) == (200, "")
    assert str(gone.controller_id) not in everything(restorable.admin)
