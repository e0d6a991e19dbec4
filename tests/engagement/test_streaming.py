"""Streams that break off, come many times at once, or tell of people about whom little is kept."""

import threading
import tracemalloc
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from typing import Any

import orjson
import psycopg
import pytest
from flask import Flask

from crm_service.config import Settings
from crm_service.db import Connection, pipeline
from crm_service.engagement import receiving
from crm_service.engagement.receiving import Received
from tests.contacts.register import register
from tests.engagement.happenings import Admin, blocks, published, stored
from tests.engagement.test_routes import event, stream
from tests.factories import Tenant
from tests.notices.owed import granted
from tests.permissions.person import Person, make_person
from tests.recipients.register import under

MARKETING = {"purpose": "marketing"}


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crm_service.engagement.receiving.BATCH", 3)


def receive(tenant: Tenant, values: Iterable[Any], connect: Any = None) -> Received:
    """Take a stream in, as the route does."""
    settings: Settings = tenant.app.extensions["crm.settings"]
    with tenant.app.app_context():
        return receiving.receive(
            values,
            connect or (lambda: pipeline(tenant.controller_id)),
            tenant.controller_id,
            actor="operator:test",
            pepper=settings.keyring.pepper(tenant.controller_id),
        )


def readers() -> list[str]:
    """Return the threads that still read ahead."""
    return [one.name for one in threading.enumerate() if one.name == "reading ahead"]


def cutting(tenant: Tenant, admin: Admin, number: int) -> Callable[[], Any]:
    """Return what connects, and cuts the connection of that number once it is in use."""
    numbers = count(1)

    @contextmanager
    def connect() -> Iterator[Connection]:
        with pipeline(tenant.controller_id) as connection:
            if next(numbers) == number:
                pid = connection.info.backend_pid
                admin.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
            yield connection

    return connect


def test_a_caller_who_breaks_off_loses_no_batch_and_sends_all_again(
    tenant: Tenant, admin: Admin
) -> None:
    events = [event(str(n)) for n in range(8)]

    def broken() -> Iterator[Any]:
        yield from events[:7]
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        receive(tenant, broken())
    kept, reading = len(stored(admin, tenant)), readers()
    again = receive(tenant, events)

    assert (kept, reading) == (6, [])
    assert (again.accepted, again.duplicates, len(stored(admin, tenant))) == (2, 6, 8)


def test_a_lost_database_ends_a_stream_without_end_and_keeps_what_was_committed(
    tenant: Tenant, admin: Admin
) -> None:
    endless = (event(str(n)) for n in count())

    with pytest.raises(psycopg.OperationalError):
        receive(tenant, endless, cutting(tenant, admin, 3))
    kept, reading = len(stored(admin, tenant)), readers()
    again = receive(tenant, [event(str(n)) for n in range(9)])

    assert (kept, reading) == (6, [])
    assert (again.accepted, again.duplicates) == (3, 6)


def test_long_lines_are_taken_in_fewer_at_a_time_and_memory_stays_flat(
    tenant: Tenant, admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm_service.engagement.receiving.BATCH", 5_000)
    monkeypatch.setattr("crm_service.engagement.receiving.BATCH_BYTES", 1_000_000)
    long = {"raw": {"said": "x" * 200_000}}
    lines = (orjson.dumps(event(str(n), **long)) for n in range(200))

    tracemalloc.start()
    try:
        taken = receive(tenant, lines)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert (taken.accepted, len(stored(admin, tenant))) == (200, 200)
    assert peak < 10_000_000, "of 40 MB no more than five batches of one at a time"


@pytest.mark.rule(28)
def test_one_stream_sent_many_times_at_once_has_each_effect_once(
    tenant: Tenant, admin: Admin
) -> None:
    kinds = ("delivered", "bounced", "complained")
    lines = [
        orjson.dumps(event(f"{n}{kind}", type=kind, email=f"p{n}@example.com"))
        for n in range(20)
        for kind in kinds
    ]

    with ThreadPoolExecutor(4) as senders:
        answers = list(senders.map(lambda _: stream(tenant, *lines), range(8)))

    assert [one.status_code for one in answers] == [200] * 8
    assert sum(one.json["accepted"] for one in answers) == 60 == len(stored(admin, tenant))
    assert sum(one.json["duplicates"] for one in answers) == 60 * 7
    assert len(published(admin, tenant, "engagement.recorded.v1")) == 40
    assert blocks(admin, tenant) == {("all", None, "hard_bounce"), ("marketing", None, "complaint")}


def test_refusals_stand_in_their_order_however_recipients_are_named(tenant: Tenant) -> None:
    known, unknown = {"contact_id": register(tenant)["id"]}, {"contact_id": str(uuid.uuid4())}
    bad = {"email": "nobody"}
    named = [bad, {}, unknown, known, {"email": None}, unknown, known, bad]
    said = [event(str(n), **{"email": None, **one} if one else {}) for n, one in enumerate(named)]

    answer = stream(tenant, *map(orjson.dumps, [*said, said[2], said[3]]))

    assert (answer.json["accepted"], answer.json["duplicates"]) == (3, 1)
    assert [(one["index"], one["code"]) for one in answer.json["rejected"]] == [
        (0, "invalid_address"), (2, "contact_not_found"), (4, "recipient_missing"),
        (5, "contact_not_found"), (7, "invalid_address"), (8, "contact_not_found"),
    ]  # fmt: skip


@pytest.mark.rule(33)
@pytest.mark.clause("no-10", "si-17")
@pytest.mark.parametrize("batch", [2, 100])
@pytest.mark.parametrize("named_by", ["email", "id"])
def test_among_others_nothing_is_kept_of_the_restricted_and_no_watching_of_who_withdrew(
    app: Flask, admin: Admin, monkeypatch: pytest.MonkeyPatch, batch: int, named_by: str
) -> None:
    monkeypatch.setattr("crm_service.engagement.receiving.BATCH", batch)
    restricted, ended, other = people(app, admin)

    stream(restricted.tenant, *happened_to([restricted, ended, other], named_by))

    kinds = {
        person.email: sorted(
            one["type"] for one in stored(admin, other.tenant) if one["address_key"] == person.key()
        )
        for person in (restricted, ended, other)
    }
    assert kinds == {
        restricted.email: [],
        ended.email: ["bounced", "delivered"],
        other.email: ["bounced", "clicked", "delivered", "opened"],
    }
    assert {("all", "hard_bounce")} == restricted.blocks() == other.blocks()


def people(app: Flask, admin: Admin) -> tuple[Person, Person, Person]:
    """Return a restricted person, one who withdrew from marketing, and one of whom all is kept."""
    restricted = under(app, admin, "cantec-no")
    ended = make_person(restricted.tenant, admin, email="ended@example.com")
    other = make_person(restricted.tenant, admin, email="other@example.com")
    granted(restricted, "restriction")
    ended.grant("consent", **MARKETING)
    assert ended.state("withdrawn", **MARKETING).status_code == 201
    return restricted, ended, other


def happened_to(persons: list[Person], named_by: str) -> list[bytes]:
    """Return the same events of each, mixed up, every second one twice."""
    lines = []
    for kind in ("opened", "delivered", "clicked", "bounced"):
        for person in persons:
            who = {"email": person.email} if named_by == "email" else {"contact_id": person.id}
            said = event(f"{kind} {person.email}", **{"email": None, **who}, type=kind)
            lines += [orjson.dumps(said)] * (2 if kind == "delivered" else 1)
    return lines
