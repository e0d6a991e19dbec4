"""One command starts everything, keeps it running, and leaves nothing behind."""

import json
import os
import signal
from pathlib import Path

from tests.serving.service import Service, command, is_alive, until


def test_the_first_start_is_ready_with_a_demo_controller(service: Service) -> None:
    status, contacts = service.get("/v1/contacts", service.demo_key)

    assert status == 200
    assert len(json.loads(contacts)["items"]) == 5
    assert service.get("/livez")[0] == 200
    assert service.get("/readyz")[0] == 200


def test_sigterm_leaves_no_process_no_socket_and_no_file(folder: Path) -> None:
    service = Service(folder)
    processes = service.processes()

    code = service.stop(signal.SIGTERM)

    assert code == 0
    assert len(processes) > 4
    assert [line for pid, line in processes.items() if is_alive(pid)] == []
    assert service.get("/livez") == (0, "")
    assert {path.name for path in folder.parent.iterdir()} == {"data", "data.err"}
    assert not list(folder.glob("postgres/.s.PGSQL*"))
    assert not (folder / "postgres" / "postmaster.pid").exists()


def test_a_second_ctrl_c_is_patiently_ignored(folder: Path) -> None:
    service = Service(folder)

    code = service.stop(signal.SIGINT, signal.SIGINT)

    assert code == 0
    assert "database system is shut down" in (folder / "postgres.log").read_text()


def test_a_killed_service_takes_its_children_along(folder: Path) -> None:
    service = Service(folder)
    processes = service.processes()

    service.stop(signal.SIGKILL)

    assert until(lambda: not any(is_alive(pid) for pid in processes))
    again = Service(folder)
    assert again.get("/readyz")[0] == 200
    assert again.stop() == 0


def test_what_dies_is_started_again(service: Service) -> None:
    worker, web = service.pid_of("crm_service worker"), service.pid_of("gunicorn")
    assert worker
    assert web

    os.kill(worker, signal.SIGKILL)
    os.kill(web, signal.SIGKILL)

    assert until(lambda: service.pid_of("crm_service worker") not in {None, worker})
    assert until(lambda: service.pid_of("gunicorn") not in {None, web})
    assert until(lambda: service.get("/readyz")[0] == 200)


def test_a_killed_database_comes_back_with_what_was_committed(service: Service) -> None:
    key = command(service.folder, "key", "create", "--controller", "demo").stdout.strip()
    database = service.pid_of("postgres")
    assert database

    os.kill(database, signal.SIGKILL)

    assert until(lambda: service.pid_of("postgres") not in {None, database})
    assert until(lambda: service.get("/v1/contacts", key)[0] == 200)


def test_commands_join_the_running_database(service: Service) -> None:
    made = command(service.folder, "key", "create", "--controller", "demo")

    assert made.returncode == 0
    [key] = made.stdout.splitlines()
    assert service.get("/v1/contacts", key)[0] == 200


def test_a_second_service_on_the_same_folder_is_refused(service: Service) -> None:
    refused = command(service.folder, "serve", PORT="1")

    assert refused.returncode == 1
    assert f"is in use by process {service.process.pid}" in refused.stderr
    assert service.get("/readyz")[0] == 200
