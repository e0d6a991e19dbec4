"""What the worker announces, as the role that sees no word of the person."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.rows import TupleRow

from crm_service.config import Settings
from crm_service.db import WORKER_ROLE, connect_options
from crm_service.rights import overdue
from tests.contacts.register import Admin
from tests.factories import Tenant
from tests.rights.asking import ask, at, decide, told

TYPE = "rights_request.overdue.v1"


@pytest.fixture
def worker(settings: Settings) -> Iterator[psycopg.Connection[TupleRow]]:
    """A connection as the worker has it."""
    with psycopg.connect(
        settings.worker_url, autocommit=True, **connect_options(WORKER_ROLE)
    ) as connection:
        yield connection


@pytest.mark.rule(25, 32)
@pytest.mark.clause("ee-13")
def test_an_overdue_request_is_announced_once_and_counted(
    tenant: Tenant, admin: Admin, worker: psycopg.Connection[TupleRow]
) -> None:
    with at("2026-11-02T12:00:00+00:00"):
        late, done = ask(tenant, "access"), ask(tenant, "objection")
        decide(tenant, done, "granted")
    with at("2026-11-11T21:59:00+00:00"):
        overdue.announce(worker)
        assert told(admin, tenant, TYPE) == []
    with at("2026-11-11T22:00:00+00:00"):
        overdue.announce(worker)
        overdue.announce(worker)

    [event] = told(admin, tenant, TYPE)
    assert event == {"request_id": late["id"], "kind": "access", "due_on": "2026-11-11"}
    [gauge] = overdue.OVERDUE.collect()
    assert gauge.samples[0].value >= 1


@pytest.mark.rule(36, 39)
def test_the_worker_sees_no_word_of_the_person(
    tenant: Tenant, worker: psycopg.Connection[TupleRow]
) -> None:
    ask(tenant, "access", details="about Mari")

    for column in ("email", "details", "reasons", "question"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            worker.execute(f"SELECT {column} FROM rights_requests")  # noqa: S608 - a name of ours
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        worker.execute(
            "INSERT INTO events (controller_id, type, occurred_at, correlation, data)"
            " VALUES (gen_random_uuid(), 'policy.changed.v1', now(), gen_random_uuid(), '{}')"
        )
