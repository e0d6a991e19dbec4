"""The commands ``crm-service ledger verify`` and ``verify-proof``."""

import sys
from collections.abc import Iterator

import click
import psycopg
from flask import current_app
from flask.cli import with_appcontext

from crm_service.audit import service as audit
from crm_service.controllers import service as controllers
from crm_service.db import WORKER_ROLE, connect_options, driver_connection, transaction
from crm_service.errors import ConfigurationError
from crm_service.seals import repository
from crm_service.seals.findings import Finding, Head, Kind, Report
from crm_service.seals.logs import LOGS
from crm_service.seals.proof_cli import heads, verify_proof
from crm_service.seals.verify import verify as verify_log


@click.group()
def ledger() -> None:
    """Prove the ledger of permissions and the audit log."""


ledger.add_command(verify_proof)


@ledger.command()
@click.option("--controller", "slug", help="slug of one controller; every controller if not given")
@click.option("--log", "name", type=click.Choice(list(LOGS)), help="one of the logs; both if not")
@click.option(
    "--expect-head",
    "expected",
    multiple=True,
    metavar="HEAD|@FILE",
    help="a head that this command printed earlier, or a file of its output; repeatable",
)
@with_appcontext
def verify(slug: str | None, name: str | None, expected: tuple[str, ...]) -> None:
    """Recompute every digest; exit with 1 if anything is not as it was sealed.

    Prints the head of each chain on standard output. Keep it outside this database: only then can a
    later run tell that a chain was rewritten as a whole. Findings go to standard error.
    """
    heads = list(_expected(expected, slug, name))
    slugs = [slug] if slug else _slugs()
    found = sum(_verify_log(each, log, heads) for each in slugs for log in _logs(name))
    found += sum(_unknown(head, slugs) for head in heads)
    sys.exit(1 if found else 0)


def _logs(name: str | None) -> list[str]:
    return [name] if name else list(LOGS)


def _expected(values: tuple[str, ...], slug: str | None, name: str | None) -> Iterator[Head]:
    for head in (head for value in values for head in heads(value)):
        if slug in {None, head.slug} and name in {None, head.log}:
            yield head


def _slugs() -> list[str]:
    settings = current_app.extensions["crm.settings"]
    try:
        with psycopg.connect(settings.worker_url, **connect_options(WORKER_ROLE)) as connection:
            return repository.slugs(connection)
    except psycopg.Error as error:
        if f'role "{WORKER_ROLE}"' not in str(error) and "permission" not in str(error):
            raise  # away, or the login is refused: told in the driver's own words
        reason = " ".join(str(error).split())
        raise ConfigurationError(
            f"only the login of DATABASE_WORKER_URL can list every controller: {reason}"
        ) from None


def _verify_log(slug: str, log: str, heads: list[Head]) -> int:
    expected = {head.number: head.digest for head in heads if (head.slug, head.log) == (slug, log)}
    with transaction() as session:
        controller_id = controllers.enter(session, slug).id
        connection = driver_connection(session)
        report = verify_log(connection, controller_id, log, expected)
        _print(slug, report)
        audit.record(
            connection,
            controller_id,
            actor="operator:ledger verify",
            action="seals.verify",
            count=0,
            details={
                "log": log,
                "head": report.number,
                "digest": report.digest.hex(),
                "findings": report.found,
            },
        )
    return report.found


def _print(slug: str, report: Report) -> None:
    head = Head(slug, report.log, report.number, report.digest)
    click.echo(f"{head}  seals={report.seals} entries={report.entries} unsealed={report.unsealed}")
    for finding in report.findings:
        _complain(slug, report.log, finding)
    if report.found > len(report.findings):
        click.echo(f"{slug}/{report.log}: {report.found} findings in all", err=True)


def _complain(slug: str, log: str, finding: Finding) -> None:
    click.echo(f"{slug}/{log}: {finding.kind}: {finding.detail}", err=True)


def _unknown(head: Head, slugs: list[str]) -> bool:
    if head.slug in slugs:
        return False
    missing = Finding(Kind.HEAD_MISSING, f"seal {head.number} was noted; there is no controller")
    _complain(head.slug, head.log, missing)
    return True
