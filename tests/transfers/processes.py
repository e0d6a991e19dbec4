"""Imports in processes of their own, to be killed and waited for."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from crm_service.config import Settings
from tests.factories import Tenant
from tests.transfers.files import Admin

BATCH = 50
PATIENCE = 60.0

_IMPORT = """
import sys, uuid
from pathlib import Path
from crm_service.config import Settings
from crm_service.keyring import Keyring
from crm_service.transfers import service
from crm_service.transfers.ordering import Request
from crm_service.transfers.reading import FileSource

url, controller, file, keyring, batch = sys.argv[1:]
keys = Keyring.from_json(keyring)
settings = Settings(database_url=url, admin_url=url, worker_url=url, keyring=keys)
controller_id = uuid.UUID(controller)
with service.connect(settings) as connection:
    service.import_contacts(
        connection,
        controller_id,
        Request(source=FileSource(Path(file)), batch_rows=int(batch)),
        pepper=keys.pepper(controller_id),
        actor="operator:test",
        on_progress=lambda progress: print(progress.tally.rows, flush=True),
    )
"""


@contextmanager
def importing(settings: Settings, tenant: Tenant, file: Path) -> Iterator[subprocess.Popen[str]]:
    """Import a file in a process of its own, which is dead when the block has ended."""
    arguments = [settings.database_url, str(tenant.controller_id), str(file)]
    process = subprocess.Popen(  # noqa: S603 - no shell, our own program
        [sys.executable, "-c", _IMPORT, *arguments, settings.keyring.to_json(), str(BATCH)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def wait_for_batches(process: subprocess.Popen[str], count: int) -> None:
    assert process.stdout is not None
    for _ in range(count):
        assert process.stdout.readline(), "the import ended before it was interrupted"


def await_end_of_sessions(admin: Admin) -> None:
    """Wait until the server has noticed that a process is gone: its file can be locked again."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        busy = admin.execute(
            "SELECT 1 FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
            " WHERE l.locktype = 'advisory' AND a.pid <> pg_backend_pid()"
        ).fetchone()
        if busy is None:
            return
        time.sleep(0.05)


def await_waiting(admin: Admin) -> None:
    """Wait until some session waits for another one's lock."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if admin.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchone():
            return
        time.sleep(0.02)
    raise TimeoutError("nobody waits")
