"""``crm-service mail``: mail that comes back, from a pipe or a Maildir.

Exit codes are those that mail systems know (sysexits.h): 0 for everything that is settled, ignored
mail included; 75 (EX_TEMPFAIL) while the service cannot take it in, so that nothing is lost.
"""

import sys
from collections import Counter
from pathlib import Path
from typing import BinaryIO, Final

import click
import structlog
from flask import Flask
from flask.cli import ScriptInfo
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from crm_service.engagement.mail import maildir, service
from crm_service.engagement.mail.mime import MAX_MESSAGE
from crm_service.engagement.mail.reading import Envelope
from crm_service.keyring import Keyring

log = structlog.get_logger(__name__)

EX_USAGE: Final = 64
EX_TEMPFAIL: Final = 75
_CHUNK: Final = 1024 * 1024
#: What a mail did that had an effect; everything else was ignored.
_EFFECTS: Final = frozenset(
    {"unsubscribed", "bounced", "deferred", "delivered", "complained", "autoresponded", "duplicate"}
)
_FAILED: Final = "failed"


@click.group("mail")
def mail_group() -> None:
    """Read mail that comes back: opt-outs, bounces and complaints."""


@mail_group.command("ingest")
@click.option(
    "--maildir",
    "folder",
    type=click.Path(path_type=Path),
    help="read every message that waits in this Maildir, not one from standard input",
)
@click.option("--recipient", "recipients", multiple=True, help="envelope recipient, from the MTA")
@click.option("--sender", help="envelope sender, from the MTA; empty for a bounce")
@click.pass_obj
def ingest(
    info: ScriptInfo, *, folder: Path | None, recipients: tuple[str, ...], sender: str | None
) -> None:
    """Take in one mail from standard input, or all that wait in a Maildir.

    Believed is only what carries a signed token of this service. Exits with 0 also for mail that is
    ignored, and with 75 to be tried again later.
    """
    envelope = Envelope(recipients, sender)
    raw = b"" if folder is not None else _drained(sys.stdin.buffer)
    try:
        app = info.load_app()
        with app.app_context():
            _refuse_while_restored(app)
            if folder is None:
                service.take_in(raw, _keyring(app), envelope)
            else:
                counts = _read_all(app, folder)
                click.echo(_summary(counts))
                sys.exit(EX_TEMPFAIL if counts[_FAILED] else 0)
    except maildir.NoMaildir as error:
        click.echo(str(error), err=True)
        sys.exit(EX_USAGE)
    except Exception as error:
        log.exception("mail_not_taken_in")
        click.echo(f"not taken in, try again later ({type(error).__name__})", err=True)
        sys.exit(EX_TEMPFAIL)


def _refuse_while_restored(app: Flask) -> None:
    """Raise what the fence before every request raises, so that mail waits as clicks do (rule 35).

    A mail that an older database took in would be gone from the Maildir, and an opt-out with it.
    """
    fence = app.extensions.get("crm.fence")
    if fence is not None:
        fence.check()


def _read_all(app: Flask, folder: Path) -> Counter[str]:
    counts: Counter[str] = Counter()
    for message in maildir.waiting(folder):
        raw = maildir.read(message)
        if raw is not None:
            counts[_take_in(app, message, raw)] += 1
    return counts


def _take_in(app: Flask, message: Path, raw: bytes) -> str:
    """Return what became of a message; one that fails stays where it is, and holds up no other."""
    try:
        outcome = service.take_in(raw, _keyring(app))
    except (OperationalError, PoolTimeout):
        raise
    except Exception:
        log.exception("mail_not_taken_in")
        return _FAILED
    maildir.done(message, is_ignored=outcome not in _EFFECTS)
    return outcome


def _summary(counts: Counter[str]) -> str:
    total = sum(counts.values())
    told = ", ".join(f"{count} {outcome}" for outcome, count in counts.most_common())
    return f"{total} message{'s' * (total != 1)}" + (f": {told}" if told else "")


def _drained(stream: BinaryIO) -> bytes:
    """Return the beginning of a mail; the rest is read and dropped, for the writer waits."""
    raw = stream.read(MAX_MESSAGE)
    while stream.read(_CHUNK):
        pass
    return raw


def _keyring(app: Flask) -> Keyring:
    keyring: Keyring = app.extensions["crm.settings"].keyring
    return keyring
