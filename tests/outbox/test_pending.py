"""What the relay reads and settles, against PostgreSQL."""

import pytest

from crm_service.db import Connection
from crm_service.outbox import repository
from crm_service.outbox.repository import Pending
from tests.factories import Tenant
from tests.outbox.happenings import created, happen, policy_changed, some_subjects, updated

pytestmark = pytest.mark.usefixtures("empty_outbox")


def waiting(worker: Connection, **narrowed: object) -> list[Pending]:
    facts: dict[str, object] = {"held": [], "busy": [], "limit": 100}
    return repository.pending(worker, **(facts | narrowed))  # type: ignore[arg-type]  # of pending


def versions(rows: list[Pending]) -> dict[int, str]:
    return {row.position: row.version for row in rows}


@pytest.mark.rule(25)
def test_a_recorded_event_waits_with_everything_that_goes_on_the_wire(
    tenant: Tenant, worker: Connection
) -> None:
    [subject] = some_subjects(1)
    happen(tenant, created(subject))

    [row] = waiting(worker)

    assert row.event is not None
    assert row.lane == row.event.subject_id == str(subject)
    assert row.event.controller == tenant.slug
    assert row.type == "contact.created.v1"


@pytest.mark.rule(26)
def test_events_wait_in_the_order_of_their_positions(tenant: Tenant, worker: Connection) -> None:
    first, second = some_subjects(2)
    happen(tenant, created(first), created(second), updated(first, 1))

    rows = waiting(worker)

    assert [row.lane for row in rows] == [str(first), str(second), str(first)]
    assert [row.position for row in rows] == sorted(row.position for row in rows)


def test_an_event_without_a_subject_is_ordered_among_its_controllers(
    tenant: Tenant, worker: Connection
) -> None:
    happen(tenant, policy_changed(1), policy_changed(2))

    assert [row.lane for row in waiting(worker)] == [str(tenant.controller_id)] * 2


def test_what_is_in_hand_and_what_belongs_to_a_busy_subject_is_left_out(
    tenant: Tenant, worker: Connection
) -> None:
    first, second, third = some_subjects(3)
    happen(tenant, created(first), created(second), created(third))
    held = waiting(worker)[0].position

    rows = waiting(worker, held=[held], busy=[str(second)])

    assert [row.lane for row in rows] == [str(third)]


def test_an_event_that_is_no_longer_in_the_log_is_told_apart(
    tenant: Tenant, worker: Connection, admin: Connection
) -> None:
    happen(tenant, created(*some_subjects(1)))
    admin.execute(
        "DELETE FROM events WHERE controller_id = %s AND type = 'contact.created.v1'",
        (tenant.controller_id,),
    )

    [row] = waiting(worker)

    assert row.event is None
    assert row.type == "unknown"


def test_what_the_broker_took_is_deleted(tenant: Tenant, worker: Connection) -> None:
    first, second = some_subjects(2)
    happen(tenant, created(first), created(second))
    taken, left = waiting(worker)

    repository.delete(worker, versions([taken]))

    assert [row.position for row in waiting(worker)] == [left.position]


@pytest.mark.rule(27)
def test_an_event_that_was_put_back_while_it_was_on_its_way_goes_out_again(
    tenant: Tenant, worker: Connection
) -> None:
    happen(tenant, created(*some_subjects(1)))
    [row] = waiting(worker)
    worker.execute("UPDATE outbox SET attempts = 0 WHERE position = %s", (row.position,))

    repository.delete(worker, versions([row]))

    assert [again.position for again in waiting(worker)] == [row.position]


def test_what_nobody_was_bound_for_is_noted_once_and_waits_no_longer(
    tenant: Tenant, worker: Connection
) -> None:
    happen(tenant, created(*some_subjects(1)))
    rows = waiting(worker)

    repository.mark_unroutable(worker, versions(rows))
    repository.mark_unroutable(worker, versions(rows))

    noted = worker.execute("SELECT position, type FROM unroutable_events").fetchall()
    assert noted == [(rows[0].position, "contact.created.v1")]
    assert waiting(worker) == []


@pytest.mark.rule(26)
def test_a_quarantined_event_holds_back_later_ones_of_its_subject_only(
    tenant: Tenant, worker: Connection
) -> None:
    first, second = some_subjects(2)
    happen(tenant, created(first), created(second), updated(first, 1), updated(second, 1))
    rows = waiting(worker)

    repository.quarantine(worker, rows[2].position, problem="too large", attempts=3)

    assert [row.lane for row in waiting(worker)] == [str(first), str(second), str(second)]


@pytest.mark.rule(26)
def test_a_backlog_is_read_by_the_keys_of_outbox_and_log(
    tenant: Tenant, worker: Connection, admin: Connection
) -> None:
    for _ in range(20):
        happen(tenant, *(created(subject) for subject in some_subjects(100)))
    admin.execute("ANALYZE outbox")
    statement = repository.PENDING
    facts = {"held": "{}", "busy": "{}", "limit": 100}

    plan = "\n".join(row[0] for row in worker.execute(f"EXPLAIN {statement}", facts))

    assert "Seq Scan on outbox" not in plan
    assert "Seq Scan on events" not in plan
    assert "pk_outbox" in plan
