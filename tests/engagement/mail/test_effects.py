"""What comes back has the effect of the same thing said any other way, once."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from crm_service.web.logs import configure_logging
from tests.engagement.mail.recipients import Recipient
from tests.factories import Tenant


@pytest.mark.rule(16)
@pytest.mark.clause("si-03")
@pytest.mark.parametrize(
    ("sample", "campaign"), [("unsubscribe_apple", "spring"), ("unsubscribe_gmail", None)]
)
def test_leaving_by_mail_is_leaving_by_click(
    mari: Recipient, sample: str, campaign: str | None
) -> None:
    outcomes = [mari.take_in(sample) for _ in "ab"]

    assert outcomes == ["unsubscribed", "unsubscribed"]
    assert mari.person.reasons() == ["suppressed", "withdrawn"]
    assert mari.person.blocks() == {("offers", "unsubscribe")}
    [(_, left)] = mari.person.events("contact.unsubscribed.v1")
    assert (left["source"], left.get("campaign")) == ("mailto", campaign)
    assert len(mari.person.events("consent.withdrawn.v1")) == 1


@pytest.mark.rule(28, 29)
def test_a_final_bounce_blocks_the_address_once_and_is_in_the_history(mari: Recipient) -> None:
    outcomes = [mari.take_in("postfix_user_unknown") for _ in "ab"]

    assert outcomes == ["bounced", "duplicate"]
    assert mari.person.blocks() == {("all", "hard_bounce")}
    [event] = mari.events()
    assert (event["type"], event["bounce"], event["reason"]) == ("bounced", "hard", "mailbox")
    assert (event["campaign"], event["message_id"]) == ("spring", "<spring-1@example.org>")
    assert (event["source"], event["address_key"]) == ("mail", mari.sent.address_key)
    assert "mari@example.com" not in str(event)


@pytest.mark.rule(29)
@pytest.mark.parametrize(
    ("sample", "kind", "blocks"),
    [
        ("gmail_over_quota", "bounced", set()),
        ("policy_block", "bounced", set()),
        ("postfix_delayed", "deferred", set()),
        ("delivered", "delivered", set()),
        ("out_of_office", "autoresponded", set()),
        ("arf_rfc5965", "complained", {("marketing", "complaint")}),
        ("arf_yahoo", "complained", {("marketing", "complaint")}),
        ("arf_outlook_jmrp", "complained", {("marketing", "complaint")}),
    ],
)
def test_everything_else_has_its_own_effect_and_no_stronger_one(
    mari: Recipient, sample: str, kind: str, blocks: set[Any]
) -> None:
    outcome = mari.take_in(sample)

    assert outcome == kind
    assert mari.person.blocks() == blocks
    assert [event["type"] for event in mari.events()] == [kind]


@pytest.mark.rule(29)
def test_mailboxes_that_stay_full_are_given_up(mari: Recipient) -> None:
    for number in range(5):
        name = f"<over-quota-{number}@mx.example.com>".encode()
        mari.take_in(
            "gmail_over_quota",
            lambda mail, name=name: mail.replace(b"<over-quota@mx.example.com>", name),  # type: ignore[misc]
        )

    assert mari.person.blocks() == {("all", "invalid")}


@pytest.mark.parametrize(
    "sample",
    ["forged_bounce", "rfc3464_relayed", "arf_not_spam", "read_receipt", "reply_by_person"],
)
def test_ignored_mail_changes_nothing(mari: Recipient, sample: str) -> None:
    before = mari.person.stored()

    mari.take_in(sample)

    assert mari.person.stored() == before
    assert mari.events() == []


@pytest.mark.rule(5, 10)
def test_leaving_by_mail_works_after_erasure(mari: Recipient, tenant: Tenant) -> None:
    assert tenant.client.delete(mari.person.path).status_code == 204

    outcome = mari.take_in("unsubscribe_apple")

    assert outcome == "unsubscribed"
    assert mari.person.blocks() == {("offers", "unsubscribe")}


@pytest.mark.rule(36)
def test_a_controller_that_is_no_more_gets_nothing(mari: Recipient) -> None:
    stranger = Recipient(
        mari.person, type(mari.sent)(mari.sent.keyring, 1, mari.sent.address_key), mari.admin
    )

    assert stranger.take_in("postfix_user_unknown") == "no_token"
    assert stranger.take_in("unsubscribe_gmail") == "no_token"


@pytest.fixture
def log_afterwards() -> Iterator[None]:
    """Log as before again; named before ``capfd``, whose stream is closed by then."""
    yield
    configure_logging("WARNING")


@pytest.mark.rule(39)
def test_logs_hold_no_address_and_no_token(
    mari: Recipient, log_afterwards: None, capfd: pytest.CaptureFixture[str]
) -> None:
    configure_logging("INFO")
    for sample in ("postfix_user_unknown", "unsubscribe_gmail", "forged_bounce"):
        mari.take_in(sample)

    logs = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert [(one["event"], one["reason"]) for one in logs] == [
        ("mail_taken_in", "bounced"),
        ("mail_taken_in", "unsubscribed"),
        ("mail_ignored", "no_token"),
    ]
    assert "@" not in str(logs)
    assert mari.sent.places["token"][:20] not in str(logs)
