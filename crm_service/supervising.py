"""Child processes that are kept running, and stopped without leaving anything behind."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress

import structlog

log = structlog.get_logger()


class Backoff:
    """How long to wait before trying again: twice as long each time, unless it went well between.

    ``began`` and ``failed`` are called in turn.
    """

    FIRST_SECONDS = 0.5
    LONGEST_SECONDS = 30.0
    #: What ran this long was healthy; its next failure is answered quickly again.
    HEALTHY_SECONDS = 30.0

    def __init__(self) -> None:
        self._began_at = time.monotonic()
        self._next = self.FIRST_SECONDS

    def began(self) -> None:
        """Note that it is being tried."""
        self._began_at = time.monotonic()

    def failed(self) -> float:
        """Return the seconds to wait."""
        if time.monotonic() - self._began_at >= self.HEALTHY_SECONDS:
            self._next = self.FIRST_SECONDS
        delay, self._next = self._next, min(self._next * 2, self.LONGEST_SECONDS)
        return delay


class Child:
    """A process that is started again when it dies, later and later if it keeps dying.

    It lives in a session of its own, so that a Ctrl-C at the terminal reaches only its supervisor,
    and is told to stop when the supervisor is killed.
    """

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.name = name
        self._command = [*_ends_with_parent(), *command]
        self._environment = dict(environment)
        self._process: subprocess.Popen[bytes] | None = None
        self._backoff = Backoff()
        self._due_at: float | None = None

    @property
    def pid(self) -> int | None:
        """The process id, None before the first start and after ``stop``."""
        return self._process.pid if self._process else None

    @property
    def is_running(self) -> bool:
        """Whether the process is alive."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the process."""
        self._backoff.began()
        self._due_at = None
        self._process = subprocess.Popen(  # noqa: S603 - no shell, our own program
            self._command,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    def tend(self) -> int | None:
        """Start a dead process again once its delay is over; return its id when found dead."""
        if self._process is None or self._process.poll() is None:
            return None
        found_dead = None
        if self._due_at is None:
            found_dead = self._process.pid
            # What it may have left running would stand in its successor's way.
            _kill_session(found_dead)
            delay = self._backoff.failed()
            self._due_at = time.monotonic() + delay
            code = self._process.returncode
            log.error("process_died", command=self.name, exit_code=code, seconds=delay)
        if time.monotonic() >= self._due_at:
            self.start()
        return found_dead

    def stop(self, seconds: float) -> None:
        """Ask the process to end, and kill its whole session if it does not within ``seconds``."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            log.error("process_killed", command=self.name)  # noqa: TRY400 - not a defect
        _kill_session(process.pid)
        process.wait()


def _kill_session(leader: int) -> None:
    """Kill what is left of a child's process group; its id is not reused while a member lives."""
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def _ends_with_parent() -> list[str]:
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig=TERM"] if setpriv else []
