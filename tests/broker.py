"""A private RabbitMQ node for the test run, on free ports; never touches the system's node."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path

#: The plain scripts. Those in /usr/sbin change to the rabbitmq user and to its home first.
SCRIPTS = Path("/usr/lib/rabbitmq/bin")

CONFIG = """\
listeners.tcp.1 = 127.0.0.1:{port}
loopback_users = none
vm_memory_high_watermark.absolute = 512MB
disk_free_limit.absolute = 50MB
log.file.level = warning
"""


def free_ports(count: int) -> list[int]:
    """Return TCP ports that were free a moment ago."""
    with ExitStack() as stack:
        held = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in held]


class Broker:
    """One RabbitMQ node with everything it writes inside its own folder.

    Nothing is started before ``start``; queues and messages survive ``stop`` and ``kill``.
    """

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="crm-rabbitmq-"))
        self.port, self._distribution_port, self._epmd_port = free_ports(3)
        self.name = f"crm{secrets.token_hex(3)}@localhost"
        self._epmd: subprocess.Popen[bytes] | None = None
        self._node: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The AMQP URL, the same for the node's whole life."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}/%2F"

    @property
    def is_running(self) -> bool:
        """Whether the node's process is alive."""
        return self._node is not None and self._node.poll() is None

    def start(self, seconds: float = 90) -> None:
        """Start the node unless it runs, and return when it speaks AMQP."""
        if self.is_running:
            return
        if not (SCRIPTS / "rabbitmq-server").exists():
            raise FileNotFoundError("the tests need RabbitMQ: apt-get install rabbitmq-server")
        if self._epmd is None:
            self._prepare()
        with (self.home / "output.log").open("ab") as output:
            self._node = subprocess.Popen(  # noqa: S603 - no shell, fixed program
                [SCRIPTS / "rabbitmq-server"],
                env=self._environment(),
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._await_amqp(self._node, seconds)

    def stop(self) -> None:
        """Stop the node in an orderly way; its queues stay on disk."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """Kill the node as a power cut would."""
        self._signal(signal.SIGKILL)

    def restart(self) -> None:
        """Stop the node and start it again."""
        self.stop()
        self.start()

    def remove(self) -> None:
        """Stop everything and remove every file."""
        self.kill()
        if self._epmd is not None:
            self._epmd.terminate()
            self._epmd.wait()
            self._epmd = None
        shutil.rmtree(self.home, ignore_errors=True)

    def ctl(self, *arguments: str) -> str:
        """Run rabbitmqctl against this node (more than half a second a call)."""
        done = subprocess.run(  # noqa: S603 - no shell, fixed program
            [SCRIPTS / "rabbitmqctl", "-q", "-n", self.name, *arguments],
            env=self._environment(),
            cwd=self.home,
            text=True,
            capture_output=True,
            check=True,
        )
        return done.stdout

    def _prepare(self) -> None:
        (self.home / "enabled_plugins").write_text("[].\n")
        (self.home / "rabbitmq.conf").write_text(CONFIG.format(port=self.port))
        cookie = self.home / ".erlang.cookie"
        cookie.write_text(secrets.token_hex(20))
        cookie.chmod(0o400)
        self._epmd = subprocess.Popen(  # noqa: S603 - no shell, fixed program
            ["epmd", "-port", str(self._epmd_port), "-address", "127.0.0.1"],  # noqa: S607
            env=os.environ | {"ERL_EPMD_RELAXED_COMMAND_CHECK": "true"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _environment(self) -> dict[str, str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("RABBITMQ_")}
        inside = {
            "CONFIG_FILE": "rabbitmq",
            "ADVANCED_CONFIG_FILE": "advanced",
            "ENABLED_PLUGINS_FILE": "enabled_plugins",
            "MNESIA_BASE": "mnesia",
            "LOG_BASE": "log",
            "PID_FILE": "pid",
            "GENERATED_CONFIG_DIR": "generated",
        }
        return inherited | {
            "HOME": str(self.home),
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": self.name,
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
                "+S 2:2 -kernel inet_dist_use_interface {127,0,0,1}"
            ),
            **{f"RABBITMQ_{key}": str(self.home / file) for key, file in inside.items()},
        }

    def _await_amqp(self, node: subprocess.Popen[bytes], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if node.poll() is not None:
                raise RuntimeError((self.home / "output.log").read_text()[-2000:])
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1) as probe:
                    probe.settimeout(2)
                    probe.sendall(b"AMQP\x00\x00\x09\x01")
                    if probe.recv(7):
                        return
            except OSError:
                time.sleep(0.05)
        raise TimeoutError(f"RabbitMQ was not ready in {seconds} s")

    def _signal(self, number: signal.Signals) -> None:
        if self._node is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._node.pid, number)
        self._node.wait(60)
        self._node = None
