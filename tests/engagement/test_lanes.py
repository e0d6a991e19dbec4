"""A stream is stored by two transactions at once, and nothing tells it from one."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from itertools import pairwise

import orjson
import psycopg
import pytest

from crm_service.db import Connection, pipeline
from crm_service.engagement import lanes, receiving
from crm_service.engagement.lanes import side_by_side
from crm_service.engagement.receiving import Received
from tests.contacts.register import audited
from tests.engagement.happenings import Admin, blocks, stored
from tests.engagement.test_routes import event, stream
from tests.factories import Tenant

KINDS = ("delivered", "opened", "clicked", "bounced")
PEOPLE = [f"p{n}@example.com" for n in range(30)]


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crm_service.engagement.acceptance.WHOLE", 4)


def happened() -> list[bytes]:
    """Return what happened to everybody, people in turn."""
    return [
        orjson.dumps(event(f"{kind} {email}", type=kind, email=email))
        for kind in KINDS
        for email in PEOPLE
    ]


@pytest.mark.rule(28)
def test_what_happened_to_one_person_is_stored_by_one_of_two_transactions(
    tenant: Tenant, admin: Admin
) -> None:
    answer = stream(tenant, *happened(), b"no event")

    rows = stored(admin, tenant)
    transactions = {(row["address_key"], row["recorded_at"]) for row in rows}
    assert (answer.json["accepted"], answer.json["rejected_count"]) == (len(rows), 1) == (120, 1)
    assert len(transactions) == len(PEOPLE)
    assert len({moment for _, moment in transactions}) == 2
    assert len(audited(admin, tenant, "engagement.ingest")) == 2
    assert blocks(admin, tenant) == {("all", None, "hard_bounce")}


@pytest.mark.rule(28)
@pytest.mark.parametrize("turn", [1, -1])
def test_of_events_with_one_id_the_first_is_stored_whomever_the_others_name(
    tenant: Tenant, admin: Admin, turn: int
) -> None:
    pairs = list(pairwise(PEOPLE))
    lines = [
        orjson.dumps(event(str(n), email=email, campaign=f"{place}"))
        for n, pair in enumerate(pairs)
        for place, email in enumerate(pair[::turn])
    ]

    answer = stream(tenant, *lines)

    assert (answer.json["accepted"], answer.json["duplicates"]) == (29, 29)
    assert {row["campaign"] for row in stored(admin, tenant)} == {"0"}


def test_a_stream_that_finds_no_second_lane_takes_one(tenant: Tenant, admin: Admin) -> None:
    names: list[str] = []

    def connect() -> AbstractContextManager[Connection]:
        names.append(threading.current_thread().name)
        return pipeline(tenant.controller_id)

    receive(tenant, connect)
    at_once = set(names)
    names.clear()
    assert lanes.SECOND.acquire(timeout=10), "the lane was left"
    try:
        again = receive(tenant, connect)
    finally:
        lanes.SECOND.release()

    assert (len(at_once), len(set(names)), len(names)) == (2, 1, 2)
    assert (again.duplicates, len(stored(admin, tenant))) == (120, 120)


def test_what_one_lane_stored_stays_when_the_other_fails_and_is_sent_again(
    tenant: Tenant, admin: Admin
) -> None:
    here = threading.current_thread().name

    def connect() -> AbstractContextManager[Connection]:
        if threading.current_thread().name != here:
            raise psycopg.OperationalError
        return pipeline(tenant.controller_id)

    with pytest.raises(psycopg.OperationalError):
        receive(tenant, connect)
    kept = len(stored(admin, tenant))
    again = receive(tenant, lambda: pipeline(tenant.controller_id))

    assert 0 < kept < 120
    assert (again.accepted, again.duplicates) == (120 - kept, kept)


def receive(tenant: Tenant, connect: Callable[[], AbstractContextManager[Connection]]) -> Received:
    """Take in what happened to everybody."""
    pepper = tenant.app.extensions["crm.settings"].keyring.pepper(tenant.controller_id)
    with tenant.app.app_context():
        return receiving.receive(
            happened(), connect, tenant.controller_id, actor="operator:test", pepper=pepper
        )


@pytest.mark.parametrize("failing", [{1}, {2}, {1, 2}])
def test_nothing_goes_on_when_a_lane_has_failed_and_the_next_finds_it_free(
    failing: set[int],
) -> None:
    ended = []
    both = threading.Barrier(2)

    def act(number: int) -> int:
        both.wait(10)
        ended.append(number)
        if number in failing:
            raise LookupError(number)
        return number

    with pytest.raises(LookupError, match=str(min(failing))):
        side_by_side(act, [1, 2])

    assert sorted(ended) == [1, 2]
    failing.clear()
    assert side_by_side(act, [1, 2]) == [1, 2]
