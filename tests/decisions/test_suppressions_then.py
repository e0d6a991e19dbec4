"""When a suppression came and went is told by its stamps, else by its events, else by its dates."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest

from crm_service.clock import utcnow
from crm_service.config import Settings
from crm_service.db import APP_ROLE, SET_CONTROLLER, Connection, connect_options
from crm_service.suppression import service as suppression
from crm_service.suppression.service import Block
from tests.decisions.moments import now, prove_at
from tests.decisions.proofs import codes, decide, prove
from tests.permissions.person import Admin, Person, make_person


@contextmanager
def unfinished(settings: Settings, person: Person) -> Iterator[Connection]:
    """A transaction that is still writing about her."""
    options = connect_options(APP_ROLE)
    with (
        psycopg.connect(settings.database_url, autocommit=True, **options) as connection,
        connection.transaction(),
    ):
        connection.execute(SET_CONTROLLER, (str(person.tenant.controller_id),))
        yield connection


@pytest.mark.rule(3, 19, 24)
def test_what_was_not_committed_yet_was_not_seen(mari: Person, settings: Settings) -> None:
    mari.grant()
    block = Block(address_key=mari.key(), scope="marketing", reason="manual", source="api")
    with unfinished(settings, mari) as connection:
        suppression.suppress(connection, mari.tenant.controller_id, [block])
        # Somebody who began later has ended before.
        make_person(mari.tenant, mari.admin, email="later@example.org")
        decision = decide(mari)
    at = now()

    proof = prove(mari, decision, answer=decision)

    assert proof["verdict"]["eligible"] is proof["kept"]["agrees"] is True
    assert proof["verdict_at_end"]["reasons"] == ["suppressed"]
    assert "overlapping_changes" in codes(proof)
    assert prove_at(mari, at)["verdict"]["reasons"] == ["suppressed"]


@pytest.mark.rule(19)
def test_a_suppression_older_than_its_stamps_is_told_by_its_events(
    mari: Person, admin: Admin
) -> None:
    before = now()
    mari.suppress("manual", "marketing")
    during = now()
    [block] = mari.tenant.client.get("/v1/suppressions").json["items"]
    path = f"/v1/suppressions/{block['id']}/lift"
    assert (
        mari.tenant.client.post(path, json={"justification": "asked by letter"}).status_code == 200
    )
    after = now()
    unstamp = "added_xid = NULL, recorded_at = NULL, lifted_xid = NULL, lift_recorded_at = NULL"
    admin.execute(f"UPDATE suppressions SET {unstamp} WHERE id = %s", (block["id"],))  # noqa: S608 - constant text

    proofs = [prove_at(mari, at) for at in (before, during, after)]

    assert [p["suppressions"][0]["stood"] for p in proofs] == [False, True, False]
    assert all("suppressions_by_date" not in codes(p) for p in proofs)
    assert proofs[0]["suppressions"][0]["recorded_at"] is not None


@pytest.mark.rule(19)
def test_a_suppression_outlives_its_events_with_its_stamps(mari: Person, admin: Admin) -> None:
    before = now()
    mari.suppress("manual", "marketing", received_at="2026-03-01T10:00:00Z", email=mari.email)
    admin.execute("DELETE FROM events WHERE controller_id = %s", (mari.tenant.controller_id,))

    proof = prove_at(mari, before)

    # It bears an older date; at that moment it was not in the list yet.
    assert [one["stood"] for one in proof["suppressions"]] == [False]
    assert proof["verdict_by_facts"]["reasons"] == ["suppressed"]
    assert "suppressions_by_date" not in codes(proof)


@pytest.mark.rule(19)
def test_a_suppression_of_which_nothing_tells_stands_by_its_date(
    mari: Person, admin: Admin
) -> None:
    mari.suppress("manual", "marketing", received_at="2026-03-01T10:00:00Z", email=mari.email)
    forget = (
        "UPDATE suppressions SET added_xid = NULL, recorded_at = NULL WHERE controller_id = %s",
        "DELETE FROM events WHERE controller_id = %s",
    )
    for statement in forget:
        admin.execute(statement, (mari.tenant.controller_id,))

    proof = prove(mari, decide(mari))

    assert [one["stood"] for one in proof["suppressions"]] == [True]
    assert "suppressions_by_date" in codes(proof)


@pytest.mark.rule(3, 19)
def test_a_pause_stood_until_its_end(mari: Person) -> None:
    mari.grant()
    ends_at = utcnow() + timedelta(seconds=1)
    answer = mari.suppress("pause", "marketing", email=mari.email, ends_at=ends_at.isoformat())
    assert answer.status_code == 201, answer.json
    during = decide(mari)
    just_before = ends_at - timedelta(microseconds=1)
    while utcnow() <= ends_at:
        time.sleep(0.05)

    decided, before, at_end = (
        prove(mari, during, answer=during),
        prove_at(mari, just_before),
        prove_at(mari, ends_at),
    )

    assert [proof["suppressions"][0]["stood"] for proof in (decided, before, at_end)] == [
        True,
        True,
        False,
    ]
    assert before["verdict"]["reasons"] == decided["verdict"]["reasons"] == ["suppressed"]
    assert decided["kept"]["agrees"] is True
    assert at_end["verdict"]["eligible"] is True
    assert at_end["verdict_by_facts"] is None
