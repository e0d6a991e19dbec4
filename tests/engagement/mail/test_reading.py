import uuid
from dataclasses import replace

import pytest

from crm_service.engagement.mail.reading import Envelope, Ignored, Leave, Report, read
from crm_service.keyring import Keyring
from tests.engagement.mail.samples import Sent

KEYRING = Keyring.create()
SENT = Sent(KEYRING, controller_ref=7, address_key=uuid.uuid4(), campaign_ref=0x1234567890)


@pytest.mark.rule(28, 29)
@pytest.mark.parametrize(
    ("sample", "kind", "bounce", "reason"),
    [
        ("postfix_user_unknown", "bounced", "hard", "mailbox"),
        ("postfix_delayed", "deferred", None, "delayed"),
        ("rfc3464_example", "bounced", "soft", "timed_out"),
        ("exchange_user_unknown", "bounced", "hard", "mailbox"),
        ("exchange_online_access_denied", "bounced", "hard", "mailbox"),
        ("gmail_no_such_user", "bounced", "hard", "mailbox"),
        ("gmail_over_quota", "bounced", "soft", "full"),
        ("policy_block", "bounced", "soft", "policy"),
        ("delivered", "delivered", None, "delivered"),
        ("qmail_plain", "bounced", "hard", "mailbox"),
        ("out_of_office", "autoresponded", None, "automatic_reply"),
        ("arf_rfc5965", "complained", None, "abuse"),
        ("arf_yahoo", "complained", None, "abuse"),
        ("arf_outlook_jmrp", "complained", None, "abuse"),
    ],
)
def test_a_report_says_what_became_of_the_message_that_it_proves(
    sample: str, kind: str, bounce: str | None, reason: str
) -> None:
    found = read(SENT.mail(sample), KEYRING)

    assert isinstance(found, Report), found
    assert (found.status.type, found.status.bounce, found.status.reason) == (kind, bounce, reason)
    assert (found.proof.controller_ref, found.proof.address_key) == (7, SENT.address_key)
    first, last = found.proof.campaigns or (0, 0)
    assert first <= SENT.campaign_ref <= last


@pytest.mark.parametrize(
    ("sample", "reason"),
    [
        ("forged_bounce", "no_token"),
        ("rfc3464_relayed", "no_outcome"),
        ("arf_not_spam", "no_complaint"),
        ("read_receipt", "other_report"),
        ("reply_by_person", "reply"),
        ("unsubscribe_auto_reply", "automatic_reply"),
    ],
)
def test_what_is_not_ours_to_act_on_is_ignored_with_its_reason(sample: str, reason: str) -> None:
    assert read(SENT.mail(sample), KEYRING) == Ignored(reason)


@pytest.mark.clause("si-03")
@pytest.mark.parametrize(
    ("sample", "names_campaign"),
    [
        ("unsubscribe_gmail", False),
        ("unsubscribe_apple", True),
        ("unsubscribe_subject", True),
    ],
)
def test_a_mail_to_the_opt_out_address_leaves_its_topic(sample: str, names_campaign: bool) -> None:  # noqa: FBT001 - a row of a table
    found = read(SENT.mail(sample), KEYRING)

    expected = SENT.link if names_campaign else replace(SENT.link, campaign_ref=0)
    assert found == Leave(expected)


@pytest.mark.parametrize("sample", sorted(
    ["postfix_user_unknown", "gmail_no_such_user", "arf_rfc5965", "arf_yahoo", "unsubscribe_gmail",
     "unsubscribe_apple", "qmail_plain", "out_of_office", "arf_outlook_jmrp"]
))  # fmt: skip
def test_what_another_keyring_signed_proves_nothing(sample: str) -> None:
    assert read(SENT.mail(sample), Keyring.create()) == Ignored("no_token")


def test_the_envelope_that_the_mail_system_tells_is_enough() -> None:
    places = SENT.places
    bare = b"Subject: x\r\n\r\n550 5.1.1 no such user\r\n"

    bounced = read(bare, KEYRING, Envelope([places["bounce"]], sender=""))
    left = read(bare, KEYRING, Envelope([places["unsub"]], sender="mari@example.com"))

    assert isinstance(bounced, Report)
    assert bounced.status.bounce == "hard"
    assert isinstance(left, Leave)


@pytest.mark.rule(10)
def test_a_link_alone_cannot_make_an_address_bounce() -> None:
    mail = SENT.mail("exchange_online_access_denied")
    forged = mail.replace(SENT.places["bounce"].encode(), b"nobody@example.com")

    assert read(forged, KEYRING) == Ignored("no_token")


def test_a_bounce_has_one_name_however_often_and_however_it_is_read() -> None:
    mail = SENT.mail("postfix_user_unknown")

    found = [read(mail, KEYRING), read(b"From x\n" + mail, KEYRING), read(mail + b"\r\n", KEYRING)]

    assert {one.event_id for one in found if isinstance(one, Report)} == {
        found[0].event_id  # type: ignore[union-attr]  # a bounce, as the table above shows
    }
    assert len(found) == 3


def test_the_original_message_and_the_words_are_kept() -> None:
    found = read(SENT.mail("postfix_user_unknown"), KEYRING)

    assert isinstance(found, Report)
    assert found.message_id == "<spring-1@example.org>"
    assert found.words is not None
    assert found.words.startswith("smtp; 550 5.1.1")
    assert found.stated_at is not None
    assert found.stated_at.isoformat() == "2026-11-21T10:12:14+00:00"


@pytest.mark.parametrize(
    "date",
    ["", "yesterday", "Sat, 99 Nov 2026", "1", "Mon, 1 Jan 0001 00:00:00 +1400", "x" * 9000],
)
def test_a_date_that_is_none_does_no_harm(date: str) -> None:
    mail = SENT.mail("qmail_plain").replace(b"21 Nov 2026 10:20:00 -0000\r\nFrom", date.encode())

    assert not isinstance(read(mail, KEYRING), Leave)
