"""A ``crm-service serve`` of the tests' own, in its own data folder and on its own port."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.broker import free_ports

PATIENCE = 120.0


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Return an environment that leads nowhere but to ``folder``."""
    foreign = ("DATABASE_", "AMQP_", "KEYRING", "CRM_", "PG", "PROMETHEUS_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return kept | {"CRM_DATA_DIR": str(folder), "TMPDIR": str(folder.parent), **more}


def command(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run ``crm-service`` to its end."""
    return subprocess.run(  # noqa: S603 - no shell, our own program
        [sys.executable, "-m", "crm_service", *arguments],
        env=environment(folder, **more),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


class Service:
    """A running service. ``greeting`` is what it printed until it was ready."""

    def __init__(self, folder: Path, **more: str) -> None:
        self.folder = folder
        self.port = free_ports(1)[0]
        self.greeting: list[str] = []
        self.errors = folder.parent / f"{folder.name}.err"
        with self.errors.open("wb") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "crm_service", "serve"],
                env=environment(folder, PORT=str(self.port), **more),
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,
            )
        for line in self.process.stdout or []:
            self.greeting.append(line.rstrip())
            if "Ctrl-C" in line:
                return
        raise RuntimeError(self.errors.read_text())

    @property
    def demo_key(self) -> str:
        """The key that the first start of a data folder printed."""
        [line] = [line for line in self.greeting if line.startswith("demo key")]
        return line.split()[2]

    def get(self, path: str, key: str = "") -> tuple[int, str]:
        """Return the status and the text of an answer; 0 if nothing answers."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}")
        if key:
            request.add_header("Authorization", f"Bearer {key}")
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - our own
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def stop(self, *signals: signal.Signals) -> int:
        """Send the signals, wait for the end, and return the exit code."""
        for number in signals or (signal.SIGTERM,):
            self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        if self.process.stdout:
            self.process.stdout.close()
        return code

    def processes(self) -> dict[int, str]:
        """Return the command lines of everything that runs below the service, by process id."""
        return {pid: _command_line(pid) for pid in _descendants(self.process.pid)}

    def pid_of(self, words: str) -> int | None:
        """Return the child process whose command line holds these words."""
        children = _parents()
        for pid, line in self.processes().items():
            if words in line and children.get(pid) == self.process.pid:
                return pid
        return None


def until(is_so: Callable[[], bool]) -> bool:
    """Wait for something that must happen; False if it does not for very long."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if is_so():
            return True
        time.sleep(0.05)
    return False


def is_alive(pid: int) -> bool:
    """Whether the process exists and is more than an entry waiting to be read by its parent."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in {"Z", "X"}


def _descendants(ancestor: int) -> Iterator[int]:
    parents = _parents()
    for pid in parents:
        above = pid
        while above in parents and above != ancestor:
            above = parents[above]
        if above == ancestor and pid != ancestor:
            yield pid


def _parents() -> dict[int, int]:
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            parents[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
    return parents


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""
