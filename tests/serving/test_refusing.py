"""What cannot start says why in one line, with exit code 1 and no traceback."""

import socket
import subprocess
from pathlib import Path

import pytest

from crm_service.keyring import Keyring
from tests.serving.service import command

POLICY = Path(__file__).parents[2] / "deploy" / "policies" / "cantec-ee.yaml"


def _complaint(done: subprocess.CompletedProcess[str]) -> str:
    """Return the one line that a refused command says."""
    assert done.returncode == 1
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    assert line.startswith("Error: ")
    return line


@pytest.mark.parametrize("arguments", [["serve"], ["key", "create", "--controller", "demo"]])
def test_an_unreachable_database_is_named(
    folder: Path, free_port: int, arguments: list[str]
) -> None:
    url = f"postgresql://somebody:a-secret@127.0.0.1:{free_port}/nothing"

    line = _complaint(
        command(folder, *arguments, DATABASE_URL=url, KEYRING=Keyring.create().to_json())
    )

    assert "database" in line
    assert str(free_port) in line
    assert "a-secret" not in line


def test_missing_and_wrong_settings_are_named_together(folder: Path) -> None:
    line = _complaint(
        command(folder, "serve", DATABASE_URL="mysql://here/db", PORT="0", LOG_LEVEL="LOUD")
    )

    assert all(name in line for name in ("DATABASE_URL", "PORT", "LOG_LEVEL"))


@pytest.mark.parametrize("name", ["DATABASE_URL", "DATABASE_WORKER_URL", "PUBLIC_URL", "AMQP_URL"])
def test_a_url_that_cannot_be_taken_apart_is_named(folder: Path, name: str) -> None:
    broken = {"DATABASE_URL": "postgresql://nowhere.invalid/none", name: "postgresql://[::1"}

    line = _complaint(command(folder, "serve", **broken))

    assert name in line


@pytest.mark.parametrize("name", ["DATABASE_URL_FILE", "KEYRING_FILE"])
@pytest.mark.parametrize("path", ["/nonexistent", "/", "/bin/sh"])
def test_a_file_of_a_setting_that_cannot_be_read_is_named(
    folder: Path, name: str, path: str
) -> None:
    line = _complaint(command(folder, "serve", **{name: path}))

    assert f"settings: {name}: {path} " in line


@pytest.mark.parametrize("text", ["{}", "null", "not json"])
@pytest.mark.parametrize("name", ["KEYRING", "KEYRING_FILE"])
def test_a_keyring_that_is_none_is_named_with_what_makes_one(
    folder: Path, name: str, text: str
) -> None:
    file = folder.parent / "given"
    file.write_text(text)
    given = {name: str(file) if name.endswith("_FILE") else text}

    line = _complaint(
        command(folder, "serve", DATABASE_URL="postgresql://127.0.0.1:1/none", **given)
    )

    assert f"settings: {name}: " in line
    assert "crm-service keyring create" in line


@pytest.mark.rule(35)
@pytest.mark.parametrize("path", ["/proc/x", "/dev/null", "/dev/null/journal"])
@pytest.mark.parametrize("name", ["serve", "worker"])
def test_a_journal_that_cannot_be_written_is_named(folder: Path, name: str, path: str) -> None:
    given = {
        "DATABASE_URL": "postgresql://127.0.0.1:1/none",
        "KEYRING": Keyring.create().to_json(),
        "JOURNAL_PATH": path,
    }

    line = _complaint(command(folder, name, **given))

    assert f"JOURNAL_PATH: {path} cannot be created or written" in line


def test_a_taken_port_is_named(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        line = _complaint(command(folder, "serve", PORT=str(port)))

    assert f"127.0.0.1:{port}" in line


def test_another_keyring_than_the_databases_own_is_refused(folder: Path) -> None:
    made = command(folder, "controller", "create", "acme", "--policy", str(POLICY))
    (folder / "keyring.json").write_text(Keyring.create().to_json())

    line = _complaint(command(folder, "key", "create", "--controller", "acme"))

    assert made.returncode == 0
    assert "not the keyring of this database" in line


def test_a_lost_keyring_is_never_replaced_by_a_new_one(folder: Path) -> None:
    made = command(folder, "controller", "create", "acme", "--policy", str(POLICY))
    (folder / "keyring.json").unlink()

    line = _complaint(command(folder, "key", "create", "--controller", "acme"))

    assert made.returncode == 0
    assert "restore it from your backup" in line
    assert not (folder / "keyring.json").exists()


def test_an_unknown_controller_is_named(folder: Path) -> None:
    line = _complaint(command(folder, "key", "create", "--controller", "nobody"))

    assert "nobody" in line
