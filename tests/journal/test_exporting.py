"""The journal says what happened, in order, once, and about nobody by name."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import psycopg
import pytest

from crm_service.config import Settings
from crm_service.db import WORKER_ROLE, Connection, connect_options
from crm_service.journal import files, repository, standing
from crm_service.journal.exporting import Exporter, keep_journal
from tests.factories import Tenant
from tests.permissions.person import EMAIL, Admin, make_person
from tests.serving.service import until


@pytest.fixture
def worker(settings: Settings, admin: Admin) -> Iterator[Connection]:
    """A connection as the worker, to a database that no journal was written for."""
    admin.execute("UPDATE journal_marks SET number = 0, intended = 0, digest = ''")
    options = connect_options(WORKER_ROLE)
    with psycopg.connect(settings.worker_url, autocommit=True, **options) as connection:
        yield connection


def types(folder: Path, tenant: Tenant) -> list[str]:
    return [
        line.fact.type
        for line in files.read(folder)
        if line.fact.controller_id == tenant.controller_id
    ]


def everything(exporter: Exporter) -> None:
    while exporter.sweep():
        pass


@pytest.mark.rule(35, 39)
def test_it_says_what_must_not_be_forgotten_and_names_nobody(
    tenant: Tenant, admin: Admin, worker: Connection, tmp_path: Path
) -> None:
    mari = make_person(tenant, admin)
    mari.grant()
    mari.click()
    tenant.client.delete(mari.path)

    everything(Exporter(worker, tmp_path))

    told = ["consent.withdrawn.v1", "suppression.added.v1", "contact.erased.v1"]
    assert types(tmp_path, tenant) == told
    text = b"".join(path.read_bytes() for path in tmp_path.iterdir()).decode()
    assert EMAIL not in text
    assert EMAIL.partition("@")[0] not in text


@pytest.mark.rule(35)
def test_a_writer_that_died_before_it_could_say_so_loses_and_repeats_nothing_harmful(
    tenant: Tenant,
    admin: Admin,
    worker: Connection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    everything(Exporter(worker, tmp_path))
    mari = make_person(tenant, admin)
    mari.suppress("manual")
    monkeypatch.setattr(repository, "advance", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        Exporter(worker, tmp_path).sweep()
    monkeypatch.undo()

    everything(Exporter(worker, tmp_path))

    assert set(types(tmp_path, tenant)) == {"suppression.added.v1"}
    assert [line.number for line in files.read(tmp_path)][-1] == files.tail(tmp_path).number  # type: ignore[union-attr]


@pytest.mark.rule(35)
def test_the_worker_writes_it_while_it_runs(
    tenant: Tenant, admin: Admin, worker: Connection, tmp_path: Path
) -> None:
    mari = make_person(tenant, admin)
    stop = Event()
    running = Thread(target=keep_journal, args=(tmp_path, worker, stop))
    running.start()

    try:
        mari.click()
        is_written = until(lambda: types(tmp_path, tenant) == ["suppression.added.v1"])
    finally:
        stop.set()
        running.join()

    assert is_written


@pytest.mark.rule(35)
def test_an_idle_journal_says_that_it_is_current_and_one_that_cannot_be_written_grows_old(
    admin: Admin, worker: Connection, tmp_path: Path
) -> None:
    folder = tmp_path / "journal"
    exporter = Exporter(worker, folder)
    everything(exporter)
    broken = Exporter(worker, folder)
    an_hour_ago = "UPDATE journal_marks SET updated_at = now() - interval '1 hour'"

    admin.execute(an_hour_ago)
    everything(Exporter(worker, folder))
    current = standing.mark(worker).age
    admin.execute(an_hour_ago)
    folder.rename(tmp_path / "elsewhere")
    folder.write_text("no folder")
    with pytest.raises(OSError, match="journal"):
        everything(broken)

    assert current < 60
    assert standing.mark(worker).age >= 3600
