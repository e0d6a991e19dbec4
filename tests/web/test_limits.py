"""Limits: who asks too often is told when to come back, and nobody else notices."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from flask import Flask, Request
from flask.testing import FlaskClient
from psycopg.rows import TupleRow
from werkzeug.test import EnvironBuilder

from crm_service.config import Settings
from crm_service.db import WORKER_ROLE, connect_options
from crm_service.web import limits
from crm_service.web.callers import prefix_of
from crm_service.web.limits import Limit
from crm_service.web.problems import Problem
from tests.factories import Tenant

Admin = psycopg.Connection[TupleRow]

FEW = Limit("few", quota=3, seconds=3600)
MANY = Limit("many", quota=100, seconds=3600)
WRONG = {"Authorization": "Bearer crm_wrong"}


def _taken(bucket: limits.Bucket, times: int) -> int:
    given = 0
    for _ in range(times):
        try:
            limits.take(bucket)
        except Problem:
            continue
        given += 1
    return given


def test_a_bucket_gives_its_quota_and_then_names_when_to_come_back(app: Flask) -> None:
    bucket = FEW.of(uuid.uuid4())

    assert _taken(bucket, 3) == 3
    with pytest.raises(Problem) as refused:
        limits.take(bucket)

    assert (refused.value.status, refused.value.code) == (429, "too_many_requests")
    assert 0 < int(refused.value.headers["Retry-After"]) <= 1200


def test_a_bucket_refills_evenly(app: Flask, admin: Admin) -> None:
    bucket = FEW.of(uuid.uuid4())
    _taken(bucket, 3)

    name = limits.stored_name(bucket)
    admin.execute(
        "UPDATE rate_buckets SET drained_at = drained_at - interval '20 minutes' WHERE bucket = %s",
        (name,),
    )

    assert _taken(bucket, 3) == 1


def test_who_is_refused_by_one_bucket_does_not_empty_the_others(app: Flask) -> None:
    own, shared = FEW.of(uuid.uuid4()), MANY.of(uuid.uuid4())
    _taken(own, 3)

    for _ in range(5):
        with pytest.raises(Problem):
            limits.take(own, shared)

    assert _taken(shared, 100) == 100


def test_at_the_same_moment_no_more_than_the_quota_is_given(app: Flask) -> None:
    bucket = FEW.of(uuid.uuid4())

    def one(_: int) -> int:
        with app.app_context():
            return _taken(bucket, 1)

    with ThreadPoolExecutor(4) as callers:
        given = sum(callers.map(one, range(12)))

    assert given == 3


def test_no_name_stands_in_the_database(app: Flask, admin: Admin) -> None:
    limits.take(FEW.of("192.0.2.0/24", "ada@example.com"))

    stored = admin.execute("SELECT rate_buckets::text FROM rate_buckets").fetchall()

    assert stored
    assert not [row for (row,) in stored if "192.0.2" in row or "example" in row]


def test_the_service_reaches_buckets_by_taking_alone(settings: Settings) -> None:
    with (
        psycopg.connect(settings.database_url, **connect_options("crm_app")) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("SELECT FROM rate_buckets")


def test_upkeep_forgets_what_is_full_again_and_nothing_else(
    app: Flask, settings: Settings, admin: Admin
) -> None:
    old, new = FEW.of(uuid.uuid4()), FEW.of(uuid.uuid4())
    limits.take(old, new)
    admin.execute(
        "UPDATE rate_buckets SET drained_at = now() - interval '1 hour' WHERE bucket = %s",
        (limits.stored_name(old),),
    )

    options = connect_options(WORKER_ROLE)
    with psycopg.connect(settings.worker_url, autocommit=True, **options) as connection:
        assert limits.forget_drained(connection) >= 1

    names = {row[0] for row in admin.execute("SELECT bucket FROM rate_buckets")}
    assert limits.stored_name(new) in names
    assert limits.stored_name(old) not in names


@pytest.mark.clause("si-19")
def test_guessing_keys_is_limited_and_harms_no_neighbor(
    client: FlaskClient, tenant: Tenant
) -> None:
    quota = limits.FAILED_KEYS.quota

    answers = [client.get("/v1/keys", headers=WRONG) for _ in range(quota + 2)]
    right = client.get("/v1/keys", headers={"Authorization": f"Bearer {tenant.key}"})

    assert [answer.status_code for answer in answers[:quota]] == [401] * quota
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert right.status_code == 200
    assert "Retry-After" not in right.headers


def test_what_is_left_is_told(client: FlaskClient) -> None:
    answer = client.get("/v1/keys", headers=WRONG)

    assert answer.headers["RateLimit-Policy"] == '"failed-keys";q=30;w=60'
    assert answer.headers["RateLimit"] == '"failed-keys";r=29;t=2'
    assert "Retry-After" not in answer.headers


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxies", "prefix"),
    [
        ("192.0.2.9", None, 0, "192.0.2.0/24"),
        ("192.0.2.9", "198.51.100.1", 0, "192.0.2.0/24"),
        ("10.0.0.1", "203.0.113.5, 198.51.100.1", 1, "198.51.100.0/24"),
        ("10.0.0.1", "203.0.113.5, 198.51.100.1", 2, "203.0.113.0/24"),
        ("10.0.0.1", "203.0.113.5", 3, "203.0.113.0/24"),
        ("10.0.0.1", None, 1, "10.0.0.0/24"),
        ("10.0.0.1", "unknown", 1, "10.0.0.0/24"),
        ("10.0.0.1", "198.51.100.1:4711", 1, "198.51.100.0/24"),
        ("10.0.0.1", "[2001:db8:1:2::3]:443", 1, "2001:db8:1::/48"),
        ("2001:db8:1:2::3", None, 0, "2001:db8:1::/48"),
        ("fe80::1%eth0", None, 0, "fe80::/48"),
        ("::ffff:192.0.2.9", None, 0, "192.0.2.0/24"),
        ("", None, 0, None),
    ],
)
def test_the_network_is_the_one_that_our_own_proxies_saw(
    peer: str, forwarded: str | None, proxies: int, prefix: str | None
) -> None:
    headers = [("X-Forwarded-For", forwarded)] if forwarded else []
    sent = Request(
        EnvironBuilder(headers=headers, environ_base={"REMOTE_ADDR": peer}).get_environ()
    )

    assert prefix_of(sent, proxies) == prefix
