"""A write that is sent again is answered again, not done again."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import psycopg
import pytest
from psycopg.rows import TupleRow

from crm_service.config import Settings
from crm_service.db import WORKER_ROLE, connect_options
from crm_service.web import kept_answers
from crm_service.web.kept_answers import Answer as KeptAnswer
from crm_service.web.kept_answers import forget_expired
from crm_service.web.problems import Problem
from tests.factories import Answer, Tenant

Admin = psycopg.Connection[TupleRow]


def _create(tenant: Tenant, slug: str, key: str = "order-1") -> Answer:
    body: dict[str, Any] = {"slug": slug, "name": {"en": "News"}, "category": "marketing"}
    return tenant.client.post("/v1/topics", json=body, headers={"Idempotency-Key": key})


def test_the_same_request_again_gets_the_first_answer(tenant: Tenant) -> None:
    first = _create(tenant, "news")

    second = _create(tenant, "news")

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json == first.json
    assert second.headers["Idempotency-Replayed"] == "true"


def test_the_same_key_with_another_request_is_422(tenant: Tenant) -> None:
    _create(tenant, "news")

    answer = _create(tenant, "offers")

    assert answer.status_code == 422
    assert answer.json["code"] == "idempotency_key_reused"
    assert "send a key of its own" in answer.json["detail"]


def test_two_tenants_may_use_the_same_key(tenant: Tenant, other_tenant: Tenant) -> None:
    answers = [_create(tenant, "news"), _create(other_tenant, "offers")]

    assert [answer.status_code for answer in answers] == [201, 201]


def test_a_refusal_releases_the_key(tenant: Tenant) -> None:
    refused = _create(tenant, "Not A Slug")

    answer = _create(tenant, "news")

    assert (refused.status_code, answer.status_code) == (422, 201)


def test_a_request_still_in_flight_is_409(tenant: Tenant, admin: Admin) -> None:
    _create(tenant, "news")
    admin.execute(
        "UPDATE idempotency_keys SET status = NULL WHERE controller_id = %s",
        (tenant.controller_id,),
    )

    answer = _create(tenant, "news")

    assert answer.status_code == 409
    assert answer.headers["Retry-After"] == "1"


def test_a_key_that_was_in_flight_too_long_is_free_again(tenant: Tenant, admin: Admin) -> None:
    _create(tenant, "news")
    admin.execute(
        "UPDATE idempotency_keys SET status = NULL, created_at = now() - interval '3 minutes'"
        " WHERE controller_id = %s",
        (tenant.controller_id,),
    )

    assert _create(tenant, "offers").status_code == 201


def test_of_many_at_once_one_is_done(tenant: Tenant) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: _create(tenant, "news"), range(8)))

    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json["id"] for answer in answers if answer.status_code == 201}) == 1


@pytest.mark.rule(39)
def test_what_is_kept_can_be_read_by_nobody(tenant: Tenant, admin: Admin) -> None:
    _create(tenant, "news-of-grace", key="grace@example.com")

    row = admin.execute(
        "SELECT key_digest, request_digest, sealed FROM idempotency_keys WHERE controller_id = %s",
        (tenant.controller_id,),
    ).fetchone()

    assert row is not None
    assert not any(b"grace" in column for column in row)


def test_the_worker_forgets_what_is_older_than_a_day(
    tenant: Tenant, admin: Admin, settings: Settings
) -> None:
    _create(tenant, "news")
    _create(tenant, "offers", key="order-2")
    admin.execute(
        "UPDATE idempotency_keys SET created_at = now() - interval '25 hours'"
        " WHERE ctid = (SELECT min(ctid) FROM idempotency_keys WHERE controller_id = %s)",
        (tenant.controller_id,),
    )

    with psycopg.connect(settings.worker_url, **connect_options(WORKER_ROLE)) as worker:
        assert forget_expired(worker) >= 1

    left = admin.execute(
        "SELECT count(*) FROM idempotency_keys WHERE controller_id = %s", (tenant.controller_id,)
    ).fetchone()
    assert left == (1,)


@pytest.mark.parametrize("key", ["", "with space", "x" * 256, "å"])
def test_a_key_that_is_none_is_refused(tenant: Tenant, key: str) -> None:
    assert _create(tenant, "news", key=key).json["code"] == "invalid_idempotency_key"


def test_of_all_who_want_a_key_at_once_one_alone_has_it(tenant: Tenant) -> None:
    mine = kept_answers.claim(b"secret", tenant.controller_id, key=b"k", request=(b"body",))
    having: list[int] = []
    most: list[int] = []

    def take(_: int) -> None:
        with tenant.app.app_context(), suppress(Problem):
            kept_answers.reserve(mine)
            having.append(1)
            most.append(len(having))
            having.pop()
            kept_answers.release(mine)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(take, range(100)))

    assert max(most) == 1


def test_an_answer_that_took_too_long_does_not_take_the_place_of_another(tenant: Tenant) -> None:
    slow, quick = [
        kept_answers.claim(b"secret", tenant.controller_id, key=b"k", request=(body,))
        for body in (b"one", b"two")
    ]

    with tenant.app.app_context():
        kept_answers.reserve(quick)
        kept_answers.keep(quick, KeptAnswer(201, {}, "quick"))
        kept_answers.keep(slow, KeptAnswer(201, {}, "slow"))
        kept_answers.release(slow)

        assert kept_answers.reserve(quick) == KeptAnswer(201, {}, "quick")


@pytest.mark.clause("ws-02")
@pytest.mark.rule(36)
def test_a_client_manager_is_not_given_the_answer_that_another_got(tenant: Tenant) -> None:
    new = {"email": "mari@example.com", "source": {"kind": "person"}}
    path = f"/v1/contacts/{tenant.client.post('/v1/contacts', json=new).json['id']}/interactions"
    note = {"kind": "note", "occurred_at": "2026-11-03T09:15:00Z", "note": "calls at noon"}
    headers = {"Idempotency-Key": "note-1"}

    first = tenant.client.post(path, json=note, headers=headers)
    replay = tenant.client_manager("anna").post(path, json=note, headers=headers)

    assert (first.status_code, replay.status_code) == (201, 404)
    assert "Idempotency-Replayed" not in replay.headers
