"""``crm-service mail ingest``: what a mail system gets to know, and what a Maildir looks like."""

import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.cli import ScriptInfo

from crm_service.engagement.mail.cli import mail_group
from crm_service.errors import ConfigurationError
from crm_service.journal import files
from crm_service.journal.fence import Fence
from crm_service.journal.lines import GENESIS, Fact, following
from tests.engagement.mail.recipients import Recipient


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty Maildir."""
    for name in ("new", "cur", "tmp"):
        (tmp_path / name).mkdir()
    return tmp_path


def ingest(make: Callable[[], Flask], *words: str, mail: bytes = b"") -> Result:
    command = ["ingest", *words]
    return CliRunner().invoke(mail_group, command, input=mail, obj=ScriptInfo(create_app=make))


def deliver(folder: Path, **mails: bytes) -> None:
    for name, mail in mails.items():
        (folder / "new" / name).write_bytes(mail)


def names(folder: Path) -> dict[str, list[str]]:
    return {
        each: sorted(path.name for path in (folder / each).iterdir()) for each in ("new", "cur")
    }


def raising(error: Exception) -> Callable[[], Flask]:
    def make() -> Flask:
        raise error

    return make


def test_a_mail_from_a_pipe_is_taken_in_silently(app: Flask, mari: Recipient) -> None:
    result = ingest(lambda: app, mail=mari.sent.mail("postfix_user_unknown"))

    assert (result.exit_code, result.output) == (0, "")
    assert mari.person.blocks() == {("all", "hard_bounce")}


def test_the_mail_system_may_tell_the_envelope(app: Flask, mari: Recipient) -> None:
    envelope = ["--recipient", mari.sent.places["unsub"], "--sender", "mari@example.com"]

    result = ingest(lambda: app, *envelope, mail=b"Subject: go away\n\n")

    assert result.exit_code == 0
    assert mari.person.blocks() == {("offers", "unsubscribe")}


@pytest.mark.parametrize("mail", [b"", b"\0" * 100, b"Subject: hello\n\nhello"])
def test_mail_that_is_not_for_us_is_settled_too(app: Flask, mail: bytes) -> None:
    assert ingest(lambda: app, mail=mail).exit_code == 0


@pytest.mark.parametrize(
    "error",
    [
        psycopg.OperationalError("server closed the connection for mari@example.com"),
        ConfigurationError("settings: DATABASE_URL"),
        RuntimeError("a defect"),
    ],
)
def test_what_cannot_be_taken_in_now_stays_with_the_mail_system(error: Exception) -> None:
    result = ingest(raising(error), mail=b"Subject: x\n\n")

    assert result.exit_code == 75
    assert "mari@example.com" not in result.output


def test_a_maildir_is_emptied_and_what_was_ignored_stays_unseen(
    app: Flask, mari: Recipient, folder: Path
) -> None:
    deliver(
        folder,
        **{
            "1.a": mari.sent.mail("postfix_user_unknown"),
            "2.b:2,F": mari.sent.mail("arf_yahoo"),
            "3.c": b"Subject: hello\n\n",
        },
    )

    result = ingest(lambda: app, "--maildir", str(folder))

    assert result.exit_code == 0
    assert result.output == "3 messages: 1 bounced, 1 complained, 1 no_token\n"
    assert names(folder) == {"new": [], "cur": ["1.a:2,S", "2.b:2,S", "3.c:2,"]}
    assert mari.person.blocks() == {("all", "hard_bounce"), ("marketing", "complaint")}


def test_an_interrupted_run_is_finished_by_the_next_without_a_second_effect(
    app: Flask, mari: Recipient, folder: Path
) -> None:
    deliver(folder, **{"1": mari.sent.mail("postfix_user_unknown")})
    ingest(lambda: app, "--maildir", str(folder))
    (folder / "cur" / "1:2,S").rename(folder / "new" / "1")  # as if killed before the rename

    result = ingest(lambda: app, "--maildir", str(folder))

    assert result.output == "1 message: 1 duplicate\n"
    assert names(folder)["cur"] == ["1:2,S"]
    assert len(mari.events()) == 1


def test_while_the_database_is_away_mail_stays_where_it_is(folder: Path, mari: Recipient) -> None:
    deliver(folder, **{"1": mari.sent.mail("postfix_user_unknown")})

    result = ingest(raising(psycopg.OperationalError("away")), "--maildir", str(folder))

    assert result.exit_code == 75
    assert names(folder) == {"new": ["1"], "cur": []}


def test_links_pipes_and_folders_in_a_maildir_are_left_alone(app: Flask, folder: Path) -> None:
    (folder / "new" / "link").symlink_to("/etc/passwd")
    os.mkfifo(folder / "new" / "pipe")
    (folder / "new" / "folder").mkdir()
    (folder / "new" / ".hidden").write_bytes(b"")

    result = ingest(lambda: app, "--maildir", str(folder))

    assert (result.exit_code, result.output) == (0, "0 messages\n")
    assert len(list((folder / "new").iterdir())) == 4


def test_a_folder_that_is_no_maildir_is_a_mistake_of_the_caller(app: Flask, tmp_path: Path) -> None:
    result: Any = ingest(lambda: app, "--maildir", str(tmp_path / "nowhere"))

    assert result.exit_code == 64
    assert "is no Maildir" in result.output


@pytest.mark.rule(35)
def test_while_an_older_database_waits_for_its_journal_mail_stays_where_it_is(
    app: Flask, folder: Path, mari: Recipient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = tmp_path / "journal"
    fact = Fact("contact.erased.v1", uuid.uuid4(), uuid.uuid4(), "2026-11-22T10:00:00Z", {})
    journal.mkdir()
    files.append(journal, [following(10**9, GENESIS, fact)])
    monkeypatch.setitem(app.extensions, "crm.fence", Fence(journal))
    deliver(folder, **{"1": mari.sent.mail("postfix_user_unknown")})

    result = ingest(lambda: app, "--maildir", str(folder))

    assert (result.exit_code, "NotCurrent" in result.output) == (75, True)
    assert names(folder) == {"new": ["1"], "cur": []}
    assert mari.person.blocks() == set()
