"""How the web processes run, under ``crm-service serve`` and in containers alike."""

import gc
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from prometheus_client import multiprocess

# Web processes count together, in files that the first of them finds empty.
_given = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
_counters = _given or tempfile.mkdtemp(prefix="crm-metrics-")
os.environ["PROMETHEUS_MULTIPROC_DIR"] = _counters

wsgi_app = "crm_service.wsgi:app"
bind = f"{os.environ.get('HOST') or '127.0.0.1'}:{os.environ.get('PORT') or '8000'}"
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
worker_class = "gthread"
threads = int(os.environ.get("WEB_THREADS") or 4)
# Loaded once, before the fork: less memory, and a wrong setting is told once.
preload_app = True
keepalive = 5
timeout = 60
graceful_timeout = 20
# Two instances would silently share one.
control_socket_disable = True
# The heartbeat must not wait for a disk.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - gunicorn's own
# A token is a capability and stands in the path: paths are never logged (rule 39).
accesslog = None
# Nor by gunicorn itself, which tells every path when asked for more than this.
loglevel = (os.environ.get("LOG_LEVEL") or "INFO").lower().replace("debug", "info")
proc_name = "crm-service"


def post_fork(_server: object, _worker: object) -> None:
    """Look for reference cycles rarely: a bulk answer is 10,000 objects and no cycle."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def child_exit(_server: object, worker: Any) -> None:
    """Forget the gauges of a web process that has ended."""
    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]  # untyped upstream


def on_exit(_server: object) -> None:
    """Leave no counters behind."""
    if not _given:
        shutil.rmtree(_counters, ignore_errors=True)
