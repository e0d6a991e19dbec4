"""Every command of the overview exists, and the overview is shown without loading them."""

import subprocess
import sys

import click
import pytest

from crm_service.cli import COMMANDS, main


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_of_the_overview_can_be_loaded(name: str) -> None:
    found = main.get_command(click.Context(main), name)

    assert found is not None
    assert found.help


def test_the_overview_loads_no_room() -> None:
    look = "import sys, crm_service.cli as c\ntry: c.main(['--help'])\nfinally: print(*sys.modules)"

    shown = subprocess.run(  # noqa: S603 - no shell, our own program
        [sys.executable, "-c", look], capture_output=True, text=True, check=True
    )

    assert "Serve everything" in shown.stdout
    assert "sqlalchemy" not in shown.stdout
    assert "crm_service.contacts" not in shown.stdout
