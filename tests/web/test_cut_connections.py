"""A database that was restarted has cut every connection; who asks next does not notice."""

import psycopg
import sqlalchemy as sa
from flask import Flask

from crm_service.db import db
from tests.factories import Tenant

_PID = sa.text("SELECT pg_backend_pid()")
_CUT = "SELECT pg_terminate_backend(pid, 5000) FROM unnest(%s::int[]) AS pid"


def test_routes_of_the_orm_answer_at_once_after_their_connections_were_cut(
    app: Flask, tenant: Tenant, admin: psycopg.Connection
) -> None:
    with app.app_context():
        size: int = db.engine.pool.size()  # type: ignore[attr-defined]  # a pool that queues
        idle = [db.engine.connect() for _ in range(size)]
    pids = [connection.scalar(_PID) for connection in idle]
    for connection in idle:
        connection.close()
    cut = admin.execute(_CUT, (pids,)).fetchall()

    answers = [tenant.client.get("/v1/suppressions").status_code for _ in range(size)]

    assert cut == [(True,)] * size
    assert answers == [200] * size
