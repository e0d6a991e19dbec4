"""``crm-service openapi``: write ``openapi.yaml``, or refuse one that differs from the code."""

from pathlib import Path

import click
import yaml

from crm_service.app import create_app
from crm_service.config import Settings
from crm_service.keyring import Keyring
from crm_service.web.openapi import describe

#: The description needs no database; nothing is ever connected to this.
_NOWHERE = "postgresql://nowhere.invalid/none"


class _Plain(yaml.SafeDumper):
    """Writes what occurs twice twice: anchors and aliases are hard to read."""

    def ignore_aliases(self, data: object) -> bool:
        """Return True for everything."""
        del data
        return True


def openapi_yaml() -> str:
    """Return the description of the application as the text of ``openapi.yaml``."""
    settings = Settings(
        database_url=_NOWHERE,
        admin_url=_NOWHERE,
        worker_url=_NOWHERE,
        keyring=Keyring.create(),
        log_level="WARNING",
    )
    document = describe(create_app(settings))
    return yaml.dump(document, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=100)


@click.command()
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("openapi.yaml"),
    show_default=True,
)
@click.option("--check", is_flag=True, help="write nothing; fail if the file differs")
def openapi(output: Path, *, check: bool) -> None:
    """Write the OpenAPI description of this release."""
    text = openapi_yaml()
    if not check:
        output.write_text(text)
        return
    if not output.is_file() or output.read_text() != text:
        raise click.ClickException(f"{output} differs from the code: run `crm-service openapi`")
