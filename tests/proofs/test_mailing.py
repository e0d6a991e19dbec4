"""The worker mails links: each once, to the right person, and tries again while it makes sense."""

from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from threading import Event
from typing import Any

import psycopg
import pytest
from psycopg.rows import TupleRow

from crm_service.config import Settings
from crm_service.db import Connection
from crm_service.proofs.mailing import mail_due
from crm_service.proofs.service import Handing, Issued
from tests.factories import Tenant, load_policy, make_tenant
from tests.proofs.conftest import Mailbox
from tests.proofs.people import add_contact, ask, events_of, redeem

Admin = psycopg.Connection[TupleRow]

GO_ON = Event()


def _ask(tenant: Tenant, settings: Settings, **facts: Any) -> Issued:
    handing = Handing.by(settings)
    given: dict[str, Any] = {"subject_id": None, **facts}
    return ask(tenant, given.pop("subject_id") or add_contact(tenant), handing=handing, **given)


def _read(mailbox: Mailbox) -> list[EmailMessage]:
    return [
        message_from_bytes(envelope.original_content or b"", policy=policy.default)
        for envelope in mailbox.envelopes
    ]


def _state(admin: Admin, issued: Issued) -> object:
    found = admin.execute(
        "SELECT mail_state, mail_tries FROM address_proofs WHERE id = %s", (issued.id,)
    )
    return found.fetchone()


def _due_again(admin: Admin) -> None:
    admin.execute("UPDATE address_proofs SET mail_due_at = now() WHERE mail_state = 'due'")


@pytest.mark.clause("no-06")
def test_the_mail_is_a_link_in_the_persons_language_and_nothing_else(
    tenant: Tenant, mailing: Settings, mailbox: Mailbox, worker: Connection, admin: Admin
) -> None:
    contact_id = add_contact(tenant, first_name="Mari", phone="+372 5123 4567", notes="late payer")
    issued = _ask(tenant, mailing, subject_id=contact_id, language="et")

    mail_due(mailing, worker, GO_ON)

    [message] = _read(mailbox)
    plain, html = (part.get_content() for part in message.iter_parts())
    assert message["Subject"] == "Palun kinnitage oma valikud: Cantec OÜ"
    assert plain.startswith("Tere!")
    assert issued.url in plain
    assert f'<a href="{issued.url}">' in html
    assert not [word for word in ("Mari", "5123", "late payer") if word in plain + html]
    assert _state(admin, issued) == ("sent", 1)


def test_the_headers_say_whom_it_is_from_and_that_no_answer_is_needed(
    tenant: Tenant, mailing: Settings, mailbox: Mailbox, worker: Connection
) -> None:
    issued = _ask(tenant, mailing, language="en")

    mail_due(mailing, worker, GO_ON)

    [message], [envelope] = _read(mailbox), mailbox.envelopes
    assert message["From"].addresses[0].display_name == "Cantec OÜ"
    assert message["From"].addresses[0].addr_spec == "noreply@example.org"
    assert message["To"] == "ada@example.com"
    assert envelope.rcpt_tos == ["ada@example.com"]
    assert envelope.mail_from == "noreply@example.org"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"] == f"<{issued.id}@example.org>"
    assert message["Date"] is not None


def test_the_policy_names_the_sender(
    tenant: Tenant, app: Any, mailing: Settings, mailbox: Mailbox, worker: Connection
) -> None:
    mail = {"sender": "hello@example.net", "name": "The Post", "reply_to": "us@example.net"}
    own = make_tenant(app, policy=load_policy() | {"mail": mail})
    _ask(own, mailing)

    mail_due(mailing, worker, GO_ON)

    [message] = _read(mailbox)
    assert str(message["From"]) == "The Post <hello@example.net>"
    assert message["Reply-To"] == "us@example.net"


def test_who_mails_is_said_so_that_it_is_not_mailed_twice(
    app: Any, tenant: Tenant, mailing: Settings, mailbox: Mailbox, worker: Connection
) -> None:
    document = load_policy() | {"mail": {"proofs": "controller"}}
    own = make_tenant(app, policy=document)
    _ask(own, mailing)
    _ask(tenant, mailing)

    assert mail_due(mailing, worker, GO_ON) == 1

    [by_controller] = events_of(own, "address_proof.requested.v1")
    [by_service] = events_of(tenant, "address_proof.requested.v1")
    assert (by_controller["data"]["mailed_by"], "url" in by_controller["data"]) == (
        "controller",
        True,
    )
    assert (by_service["data"]["mailed_by"], "url" in by_service["data"]) == ("service", False)


def test_what_fails_for_now_is_tried_again_later(
    tenant: Tenant, mailing: Settings, mailbox: Mailbox, worker: Connection, admin: Admin
) -> None:
    mailbox.replies = ["451 4.7.1 greylisted"]
    issued = _ask(tenant, mailing)

    assert mail_due(mailing, worker, GO_ON) == 0
    assert mail_due(mailing, worker, GO_ON) == 0
    _due_again(admin)
    assert mail_due(mailing, worker, GO_ON) == 1

    assert _state(admin, issued) == ("sent", 2)
    assert len(mailbox.envelopes) == 1


def test_what_is_refused_for_good_is_given_up(
    tenant: Tenant, mailing: Settings, mailbox: Mailbox, worker: Connection, admin: Admin
) -> None:
    mailbox.replies = ["554 5.7.1 no"]
    issued = _ask(tenant, mailing)

    mail_due(mailing, worker, GO_ON)

    assert _state(admin, issued) == ("given_up", 1)


def test_a_server_that_is_away_loses_nothing(
    tenant: Tenant, mailing: Settings, mailbox: Mailbox, worker: Connection, admin: Admin
) -> None:
    issued = _ask(tenant, mailing)
    away = replace(mailing, smtp_url="smtp://127.0.0.1:1")

    assert mail_due(away, worker, GO_ON) == 0
    _due_again(admin)

    assert mail_due(mailing, worker, GO_ON) == 1
    assert _state(admin, issued) == ("sent", 2)


def test_expired_used_and_erased_are_not_mailed(
    tenant: Tenant, mailing: Settings, mailbox: Mailbox, worker: Connection, admin: Admin
) -> None:
    contact_id = add_contact(tenant)
    expired = _ask(tenant, mailing, subject_id=contact_id, valid_for=timedelta(0))
    used = _ask(tenant, mailing, subject_id=contact_id)
    redeem(tenant, used)
    nobody = ask(tenant, None, handing=Handing.by(mailing))

    assert mail_due(mailing, worker, GO_ON) == 0

    assert _state(admin, expired) == _state(admin, used) == ("given_up", 0)
    assert _state(admin, nobody) == ("none", 0)


def test_what_was_rolled_back_is_not_mailed(
    tenant: Tenant, mailing: Settings, worker: Connection
) -> None:
    with pytest.raises(ValueError, match="no purpose"):
        _ask(tenant, mailing, purpose="anything")

    assert mail_due(mailing, worker, GO_ON) == 0


@pytest.mark.rule(36, 39)
def test_the_worker_sees_the_address_of_who_waits_for_a_mail_and_nothing_else(
    tenant: Tenant, mailing: Settings, mailbox: Mailbox, worker: Connection
) -> None:
    add_contact(tenant, email="other@example.com")
    seen = "SELECT email FROM contacts WHERE controller_id = %s"
    facts = (tenant.controller_id,)

    before = worker.execute(seen, facts).fetchall()
    _ask(tenant, mailing)
    during = worker.execute(seen, facts).fetchall()
    mail_due(mailing, worker, GO_ON)

    assert (before, during) == ([], [("ada@example.com",)])
    assert worker.execute(seen, facts).fetchall() == []
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        worker.execute("SELECT first_name FROM contacts")


def test_a_name_cannot_add_a_header(
    tenant: Tenant, mailing: Settings, mailbox: Mailbox, worker: Connection, admin: Admin
) -> None:
    issued = _ask(tenant, mailing)
    admin.execute(
        "UPDATE address_proofs SET mail = mail || %s::jsonb WHERE id = %s",
        ('{"name": "Evil\\r\\nBcc: all@example.com\\r\\n\\r\\n<b>x</b>"}', issued.id),
    )

    mail_due(mailing, worker, GO_ON)

    [message], [envelope] = _read(mailbox), mailbox.envelopes
    assert message["Bcc"] is None
    assert envelope.rcpt_tos == ["ada@example.com"]
    assert "<b>x</b>" not in message.get_payload()[1].get_content()  # type: ignore[union-attr, index]
