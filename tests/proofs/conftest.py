"""A real mail server on the loopback, and the worker's connection."""

from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from psycopg.rows import TupleRow

from crm_service.config import Settings
from crm_service.db import WORKER_ROLE, Connection, connect_options

_NOTHING_DUE = """
UPDATE address_proofs SET mail_state = 'given_up', mail_due_at = NULL WHERE mail_state = 'due'
"""


class Mailbox:
    """Takes every mail, or answers ``replies`` first, one a mail."""

    def __init__(self) -> None:
        self.replies: list[str] = []
        self.envelopes: list[Envelope] = []

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - the library's name
        """Answer the end of a mail."""
        if self.replies:
            return self.replies.pop(0)
        self.envelopes.append(envelope)
        return "250 OK"


@pytest.fixture
def mailbox() -> Mailbox:
    """What the mail server has taken."""
    return Mailbox()


@pytest.fixture
def mailing(
    settings: Settings, mailbox: Mailbox, free_port: int, admin: psycopg.Connection[TupleRow]
) -> Iterator[Settings]:
    """Settings of a service that mails by the test's own server; nothing is due yet."""
    admin.execute(_NOTHING_DUE)
    server = Controller(mailbox, hostname="127.0.0.1", port=free_port)
    server.start()
    yield replace(
        settings, smtp_url=f"smtp://127.0.0.1:{free_port}", mail_from="noreply@example.org"
    )
    server.stop()


@pytest.fixture
def worker(settings: Settings) -> Iterator[Connection]:
    """A connection as the worker has it."""
    options = connect_options(WORKER_ROLE)
    with psycopg.connect(settings.worker_url, autocommit=True, **options) as connection:
        yield connection
