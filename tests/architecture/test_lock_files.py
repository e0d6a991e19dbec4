"""What is installed is exactly what was reviewed, and comes from the public index alone."""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: What is exported from uv.lock, and for whom: users, developers, containers.
EXPORTS = {
    "requirements.txt": "--no-dev --group build --extra embedded",
    "requirements-dev.txt": "--all-groups --extra embedded",
    "deploy/requirements.txt": "--no-dev --group build",
}
HOSTS = {"pypi.org", "files.pythonhosted.org"}
COMMAND = "export --quiet --offline --no-cache --locked --no-emit-project --no-header"


@pytest.mark.parametrize("name", ["uv.lock", *EXPORTS])
def test_lock_files_name_no_host_but_the_public_index(name: str) -> None:
    text = (ROOT / name).read_text()

    hosts = set(re.findall(r"[a-z+]+://([^/\"'\s]+)", text))

    assert hosts <= HOSTS
    assert "file:" not in text
    assert "index-url" not in text
    assert "find-links" not in text


@pytest.mark.parametrize("name", EXPORTS)
def test_every_requirement_is_pinned_and_hashed(name: str) -> None:
    lines = (ROOT / name).read_text().replace("\\\n", " ").splitlines()

    requirements = [line for line in lines if line and not line.lstrip().startswith("#")]

    assert requirements
    unpinned = [r for r in requirements if not re.match(r"[a-z0-9._-]+==\S+ ", r)]
    assert unpinned == []
    assert [r for r in requirements if "--hash=sha256:" not in r] == []


@pytest.mark.parametrize("name", EXPORTS)
def test_requirements_are_what_the_lock_file_says(name: str) -> None:
    uv = ROOT / ".venv" / "bin" / "uv"

    exported = subprocess.run(  # noqa: S603 - no shell, our own tool
        [uv, *COMMAND.split(), *EXPORTS[name].split()],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": str(ROOT), "UV_PYTHON_DOWNLOADS": "never"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert (ROOT / name).read_text() == exported.stdout
