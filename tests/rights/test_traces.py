"""After an erasure nothing is found of the person: not in any table, file, log, event or queue."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from crm_service.embedded import EmbeddedPostgres
from tests.broker import Broker
from tests.faults.inbox import Inbox
from tests.rights.life import Life
from tests.rights.traces import files, places, rows
from tests.serving.service import Service


@pytest.fixture
def inbox(broker: Broker) -> Iterator[Inbox]:
    """A queue that takes every event."""
    created = Inbox(broker.url)
    yield created
    created.remove()


@pytest.fixture
def life(broker: Broker, inbox: Inbox, tmp_path: Path) -> Iterator[Life]:
    """A person in the register of a running service, whose every event is in the inbox."""
    assert inbox.queue
    more = {"AMQP_URL": broker.url, "LOG_LEVEL": "DEBUG", "TRUSTED_PROXIES": "1"}
    service = Service(tmp_path / "data", **more)
    yield Life(service, tmp_path)
    service.stop()


def texts(life: Life, inbox: Inbox) -> Iterator[tuple[str, bytes]]:
    url = EmbeddedPostgres(life.service.folder).url()
    with psycopg.connect(url, autocommit=True) as admin:
        yield from rows(admin)
        told = admin.execute("SELECT count(*) FROM events").fetchone() or (0,)
    yield from files(life.service.folder.parent)
    for message in inbox.await_ids(told[0]):
        yield "queue", message.raw


#: What is replaced by now, or never stored to be read: but a keyed hash or sealed text, if at all.
NOT_STORED = {
    "browser",
    "idempotency key",
    "name of a file",
    "national number",
    "note in a list",
    "question of access",
    "question of erasure",
    "city",
    "street",
    "md5 of the address",
    "sha1 of the address",
    "sha256 of the address",
}

#: Where an erased person still has the pseudonymous id: what proves, and what blocks.
PROVING = {"addresses", "audit_entries", "events", "ledger_entries", "ledger_evidence"}
PROVING |= {
    "recipient_notices",
    "rights_requests",
    "suppressions",
    "queue",
    "file journal-000000000000001.ndjson",
}


@pytest.mark.rule(5, 34, 39)
@pytest.mark.clause("si-12", "ee-16", "ee-17")
def test_nothing_is_found_of_an_erased_person(life: Life, inbox: Inbox) -> None:
    contact_id = life.live()
    request = life.ask("erasure")
    before = places(life.who, texts(life, inbox))
    assert life.who.needles().keys() - before.keys() == NOT_STORED
    inbox.delivered.clear()

    life.decide(request)

    after = places(life.who, texts(life, inbox))
    assert after == {}
    life.who.said = {"id": contact_id}
    tables = {place.partition("_20")[0] for place in places(life.who, texts(life, inbox))["id"]}
    assert tables <= PROVING
