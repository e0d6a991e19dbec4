"""The embedded PostgreSQL keeps what was committed, and nobody else gets near it."""

import os
import signal
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from crm_service.embedded import EmbeddedPostgres, FolderInUse
from crm_service.embedded.postmaster import serving_pid
from crm_service.errors import ConfigurationError


def _remember(server: EmbeddedPostgres, number: int) -> None:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS remembered (number integer)")
        connection.execute("INSERT INTO remembered VALUES (%s)", (number,))


def _remembered(server: EmbeddedPostgres) -> list[int]:
    with psycopg.connect(server.url()) as connection:
        return [row[0] for row in connection.execute("SELECT number FROM remembered")]


def _kill(server: EmbeddedPostgres) -> None:
    pid = serving_pid(server.cluster)
    assert pid
    os.kill(pid, signal.SIGKILL)


def test_what_was_committed_is_there_after_a_restart(server: EmbeddedPostgres) -> None:
    server.start()
    _remember(server, 1)

    server.stop()
    server.start()

    assert _remembered(server) == [1]


def test_a_killed_server_recovers_what_was_committed(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "data")
    server.start()
    _remember(server, 1)

    _kill(server)
    server.stop()
    server.start()

    try:
        assert _remembered(server) == [1]
    finally:
        server.stop()


def test_the_default_is_durable(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "data")
    server.start()

    try:
        with psycopg.connect(server.url()) as connection:
            names = ("fsync", "synchronous_commit", "full_page_writes")
            settings = [connection.execute(f"SHOW {name}").fetchone() for name in names]
    finally:
        server.stop()

    assert settings == [("on",), ("on",), ("on",)]


def test_a_second_server_of_a_folder_is_refused(server: EmbeddedPostgres) -> None:
    server.start()

    with pytest.raises(FolderInUse, match=f"in use by process {os.getpid()}"):
        EmbeddedPostgres(server.folder).start()

    assert server.returncode() is None


def test_a_command_waits_for_the_server_that_another_starts(server: EmbeddedPostgres) -> None:
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(EmbeddedPostgres(server.folder).await_running)

        server.start()

        assert waiting.result() is None
    _remember(server, 1)
    assert _remembered(server) == [1]


def test_a_process_that_got_a_dead_servers_id_is_no_obstacle(server: EmbeddedPostgres) -> None:
    server.start()
    _kill(server)
    server.stop()
    file = server.cluster / "postmaster.pid"
    lines = file.read_text().splitlines()
    file.write_text("\n".join([str(os.getppid()), *lines[1:]]) + "\n")

    server.start()

    assert server.returncode() is None


def test_an_interrupted_creation_is_begun_anew(server: EmbeddedPostgres) -> None:
    unfinished = server.folder / "postgres.new" / "base"
    unfinished.mkdir(parents=True)
    (unfinished / "half").write_text("written")

    server.start()

    _remember(server, 1)
    assert not unfinished.parent.exists()


def test_a_long_path_gets_a_short_socket_that_is_removed(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / ("long" * 30) / "data", durable=False)
    server.start()
    folder = Path(server.url().partition("host=")[2])

    _remember(server, 1)
    server.stop()

    assert folder != server.cluster
    assert not folder.exists()


def test_nobody_else_can_reach_the_socket_or_read_the_files(server: EmbeddedPostgres) -> None:
    server.start()

    modes = [
        stat.S_IMODE(path.stat().st_mode)
        for path in (server.cluster, server.cluster / ".s.PGSQL.5432")
    ]
    with psycopg.connect(server.url()) as connection:
        [addresses] = connection.execute("SHOW listen_addresses").fetchone() or [None]

    assert modes == [0o700, 0o700]
    assert addresses == ""


@pytest.mark.rule(39)
def test_the_servers_log_holds_no_value_of_a_failing_statement(server: EmbeddedPostgres) -> None:
    server.start()
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("CREATE TABLE people (email text UNIQUE)")
        connection.execute("INSERT INTO people VALUES ('anna@example.com')")

        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO people VALUES ('anna@example.com')")

    log = server.log.read_text()
    assert "duplicate key" in log
    assert "anna@example.com" not in log


def test_a_server_that_cannot_start_says_why(server: EmbeddedPostgres) -> None:
    server.start()
    server.stop()
    (server.cluster / "postgresql.conf").write_text("no_such_setting = 1\n")

    with pytest.raises(ConfigurationError, match="no_such_setting"):
        server.start()


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(ConfigurationError, match="cannot be used"):
        EmbeddedPostgres(tmp_path / "file" / "data").start()
