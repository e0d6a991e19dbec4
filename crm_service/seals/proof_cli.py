"""The command ``crm-service ledger verify-proof``: for whoever has the file and no server."""

import sys
from pathlib import Path
from typing import Any

import click
import yaml

from crm_service.errors import DomainError
from crm_service.seals import proof_file
from crm_service.seals.findings import Head

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("verify-proof")
@click.argument("file", type=_FILE)
@click.option("--record", type=_FILE, help="GET /v1/proof-records/{proof_id}, as it came")
@click.option("--policy", type=_FILE, help="the policy's document of then, YAML or JSON")
@click.option(
    "--seals", "pages", type=_FILE, multiple=True, help="a page of GET /v1/seals; repeatable"
)
@click.option("--controller", "slug", help="whose heads count, where the file has several's")
@click.option(
    "--expect-head",
    "expected",
    multiple=True,
    metavar="HEAD|@FILE",
    help="a head that `ledger verify` printed, or a file of its output; repeatable",
)
def verify_proof(
    file: Path,
    *,
    record: Path | None,
    policy: Path | None,
    pages: tuple[Path, ...],
    slug: str | None,
    expected: tuple[str, ...],
) -> None:
    """Recompute a proof from its file alone; exit with 1 if anything is not as it was sealed.

    Needs no database. With its record, every byte of the file is proved; without, what seals cover.
    """
    try:
        checked = proof_file.check(
            file.read_bytes(),
            record=record.read_bytes() if record else None,
            policy=_document(policy),
            chain=[page.read_bytes() for page in pages],
            heads=_of_one(slug, [head for value in expected for head in heads(value)]),
        )
    except DomainError as error:
        raise click.ClickException(str(error)) from None
    click.echo(proof_file.summary(checked))
    click.echo(
        f"sealed={checked.sealed} unsealed={checked.unsealed} "
        f"anchored={checked.anchored}/{len(checked.covering)} "
        f"record={'yes' if record else 'no'} wrong={len(checked.wrong)}"
    )
    for wrong in checked.wrong:
        click.echo(wrong, err=True)
    sys.exit(1 if checked.wrong else 0)


def heads(value: str) -> list[Head]:
    """Return the heads that an option names: one, or a file of them."""
    lines = [value]
    if value.startswith("@"):
        try:
            lines = Path(value[1:]).read_text().splitlines()
        except OSError as error:
            raise click.BadParameter(f"{value[1:]}: {error.strerror}") from None
    return [Head.parse(line.split()[0]) for line in lines if line.strip()]


def _of_one(slug: str | None, noted: list[Head]) -> list[Head]:
    found = [head for head in noted if slug in {None, head.slug}]
    if len({head.slug for head in found}) > 1:
        raise click.BadParameter(
            "heads of several controllers: name one", param_hint="--controller"
        )
    return found


def _document(policy: Path | None) -> dict[str, Any] | None:
    if policy is None:
        return None
    try:
        document = yaml.safe_load(policy.read_bytes())
    except yaml.YAMLError:
        document = None
    if not isinstance(document, dict):
        raise click.BadParameter(f"{policy} holds no policy", param_hint="--policy")
    stated: dict[str, Any] = document.get("document", document)
    return stated
