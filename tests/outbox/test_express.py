"""What somebody waits for goes before a backlog, and never before the same person's past."""

import pytest

from crm_service.db import Connection
from crm_service.outbox import contract, replay, repository
from crm_service.outbox.express import FEW, TYPES
from crm_service.outbox.repository import Pending
from tests.factories import Tenant
from tests.outbox.happenings import created, erased, happen, policy_changed, some_subjects, updated

pytestmark = [pytest.mark.usefixtures("empty_outbox"), pytest.mark.rule(26)]


def express(worker: Connection, **narrowed: object) -> list[Pending]:
    facts: dict[str, object] = {"held": [], "busy": [], "limit": 100, "depth": 100}
    return repository.express(worker, **(facts | narrowed))  # type: ignore[arg-type]  # of express


def everything(worker: Connection) -> list[Pending]:
    return repository.pending(worker, held=[], busy=[], limit=1000)


def kinds(rows: list[Pending]) -> list[tuple[str, str]]:
    return [(row.lane, row.type) for row in rows]


def test_types_that_go_first_are_types_that_there_are() -> None:
    assert set(TYPES) <= contract.event_types().keys()


def test_what_somebody_waits_for_is_found_behind_any_backlog(
    tenant: Tenant, worker: Connection
) -> None:
    happen(tenant, *(created(one) for one in some_subjects(50)))
    [gone] = some_subjects(1)
    happen(tenant, erased(gone))

    assert kinds(express(worker)) == [(str(gone), "contact.erased.v1")]


def test_earlier_events_of_the_same_person_come_along_and_before_it(
    tenant: Tenant, worker: Connection
) -> None:
    gone, other = some_subjects(2)
    happen(tenant, created(gone), created(other))
    happen(tenant, updated(gone, 1))
    happen(tenant, erased(gone))
    happen(tenant, updated(gone, 2))

    rows = express(worker)

    assert kinds(rows) == [
        (str(gone), "contact.created.v1"),
        (str(gone), "contact.updated.v1"),
        (str(gone), "contact.erased.v1"),
    ]
    assert {row.position for row in rows} < {row.position for row in everything(worker)}


def test_of_a_person_with_much_behind_them_the_oldest_come_first(
    tenant: Tenant, worker: Connection
) -> None:
    [gone] = some_subjects(1)
    happen(tenant, *(updated(gone, number) for number in range(5)), erased(gone))
    first = express(worker, depth=3)

    rest = express(worker, depth=3, held=[row.position for row in first])

    assert [row.position for row in first + rest] == [row.position for row in everything(worker)]
    assert len(first) == 3


def test_a_bulk_does_not_go_first(tenant: Tenant, worker: Connection) -> None:
    happen(tenant, *(erased(one) for one in some_subjects(FEW + 1)))

    assert express(worker) == []
    assert len(everything(worker)) == FEW + 1


def test_what_nobody_waits_for_does_not_go_first(tenant: Tenant, worker: Connection) -> None:
    happen(tenant, created(*some_subjects(1)), policy_changed(1))

    assert express(worker) == []


def test_what_is_in_hand_busy_or_held_back_is_left_out(tenant: Tenant, worker: Connection) -> None:
    in_hand, busy, held_back, waiting = some_subjects(4)
    happen(tenant, updated(held_back, 1))
    [poisonous] = everything(worker)
    repository.quarantine(worker, poisonous.position, problem="too large", attempts=3)
    happen(tenant, *(erased(one) for one in (in_hand, busy, held_back, waiting)))
    held = express(worker, limit=1)

    rows = express(worker, limit=1, held=[held[0].position], busy=[str(busy)])

    assert kinds(held) == [(str(in_hand), "contact.erased.v1")]
    assert kinds(rows) == [(str(waiting), "contact.erased.v1")]


@pytest.mark.rule(27)
def test_what_arrived_is_over_and_what_was_put_back_goes_first_again(
    tenant: Tenant, worker: Connection
) -> None:
    first, second = some_subjects(2)
    happen(tenant, erased(first), erased(second))
    taken, again = express(worker)
    worker.execute("UPDATE outbox SET attempts = 0 WHERE position = %s", (again.position,))

    repository.delete(worker, {one.position: one.version for one in (taken, again)})

    assert [row.position for row in express(worker)] == [again.position]
    [(left,)] = worker.execute("SELECT count(*) FROM outbox_express").fetchall()
    assert left == 1


@pytest.mark.rule(27)
def test_what_is_replayed_comes_in_its_turn(tenant: Tenant, worker: Connection) -> None:
    happen(tenant, erased(some_subjects(1)[0]))
    [row] = express(worker)
    assert row.event is not None
    repository.delete(worker, {row.position: row.version})

    replay.replay(worker, since=row.event.occurred_at, controller_id=tenant.controller_id)

    assert express(worker) == []
    assert everything(worker)[0].position == row.position


def test_a_backlog_is_overtaken_by_the_keys_of_outbox_and_log(
    tenant: Tenant, worker: Connection, admin: Connection
) -> None:
    for _ in range(20):
        happen(tenant, *(created(subject) for subject in some_subjects(200)))
    happen(tenant, erased(some_subjects(1)[0]))
    admin.execute("ANALYZE outbox, outbox_express")
    facts = {"held": "{}", "busy": "{}", "limit": 100, "depth": 100}

    plan = "\n".join(row[0] for row in worker.execute(f"EXPLAIN {repository.EXPRESS}", facts))

    assert "Seq Scan on outbox " not in plan
    assert "controller_id_subject_id_position_idx" in plan
