"""The limits, as WSGI applications: what is left of a view when every rule is taken out."""

import os
import uuid

import psycopg
from flask import Flask, render_template_string, request
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

from crm_service.db import connect_options

#: Writes the rows that an unsubscribe writes, and decides nothing.
WRITE = """
WITH s AS (
    INSERT INTO suppressions (controller_id, address_key, subject_id, kind, scope, topic_id,
        reason, source, correlation, suppressed_at)
    VALUES (%(controller)s, %(key)s, %(key)s, 'email', 'topic', %(topic)s, 'unsubscribe', 'bench',
        %(key)s, now())
), l AS (
    INSERT INTO ledger_entries (controller_id, id, subject_id, address_key, channel, purpose,
        topic_id, basis, action, state, since, anchor_at, source, recorded_by, policy_version,
        correlation, proof_id)
    VALUES (%(controller)s, gen_random_uuid(), %(key)s, %(key)s, 'email', 'marketing', %(topic)s,
        'consent', 'withdrawn', 'withdrawn', now(), now(), 'bench', 'bench', 1, %(key)s, %(key)s)
), p AS (
    UPDATE permissions SET state = 'withdrawn', since = now()
    WHERE controller_id = %(controller)s AND address_key = %(key)s AND channel = 'email'
        AND purpose = 'marketing' AND topic_id = %(topic)s AND basis = 'consent'
), e AS (
    INSERT INTO events (controller_id, type, subject_id, occurred_at, correlation, data)
    SELECT %(controller)s, 'bench', %(key)s, now(), %(key)s, %(data)s::jsonb
    FROM generate_series(1, 3)
    RETURNING position, recorded_at
), o AS (
    INSERT INTO outbox (position, recorded_at, controller_id, subject_id)
    SELECT position, recorded_at, %(controller)s, %(key)s FROM e
), x AS (
    INSERT INTO outbox_express (position, controller_id, subject_id)
    SELECT max(position), %(controller)s, %(key)s FROM e
)
INSERT INTO audit_entries (controller_id, actor, action, subject_id, details)
VALUES (%(controller)s, 'bench', 'bench', %(key)s, '{}')
"""

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{{ name }}</title>
<link rel="stylesheet" href="/page.css"></head><body><main><p>{{ name }}</p>
<h1>Unsubscribe from {{ topic }}?</h1><p>{{ address }}</p>
<form method="post" action="/u/{{ token }}"><input type="hidden" name="via" value="page">
<button>Unsubscribe</button></form></main></body></html>"""

_DATA = '{"address_key": "00000000-0000-0000-0000-000000000000", "channel": "email", "scope": "x"}'


_pools: dict[int, ConnectionPool[psycopg.Connection[TupleRow]]] = {}


def create_app() -> Flask:
    """Build a Flask application with one view that writes, and one that renders."""
    app = Flask(__name__)
    app.add_url_rule("/write/<uuid:key>", view_func=write, methods=["POST"])
    app.add_url_rule("/page/<token>", view_func=page)
    return app


def write(key: uuid.UUID) -> str:
    """Write the rows and answer."""
    request.get_data()
    facts = {
        "controller": os.environ["BENCH_CONTROLLER"],
        "topic": os.environ["BENCH_TOPIC"],
        "key": key,
        "data": _DATA,
    }
    with _pool().connection() as connection:
        connection.execute(WRITE, facts)
    return "Unsubscribed.\n"


def page(token: str) -> str:
    """Render a page of about the real one's size."""
    return render_template_string(
        PAGE, name="Bench", topic="News", address="p•••@e•••.com", token=token
    )


def _pool() -> ConnectionPool[psycopg.Connection[TupleRow]]:
    if os.getpid() not in _pools:
        options = connect_options("crm_app")
        options["options"] += f" -c crm.controller_id={os.environ['BENCH_CONTROLLER']}"
        _pools[os.getpid()] = ConnectionPool(
            os.environ["DATABASE_URL"], kwargs=options, min_size=4, max_size=10, open=True
        )
    return _pools[os.getpid()]
