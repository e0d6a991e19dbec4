import pytest

from crm_service.engagement.mail.statuses import Status, classify

HARD = Status("bounced", "hard", "mailbox")


def soft(reason: str) -> Status:
    return Status("bounced", "soft", reason)


@pytest.mark.rule(29)
@pytest.mark.parametrize(
    ("action", "status", "words", "expected"),
    [
        ("failed", "5.1.1", "", HARD),
        ("failed", "5.1.1 (bad destination mailbox address)", "", HARD),
        ("failed", "5.1.2", "smtp; 550 Host unknown", HARD),
        ("failed", "5.1.10", "smtp; 556 5.1.10 Recipient address has null MX", HARD),
        ("failed", "5.2.1", "smtp; 550 5.2.1 The email account is disabled", HARD),
        ("failed", "5.0.0", "smtp; 550 5.1.1 unknown", HARD),
        ("failed", "5.0.0", "smtp; 554 delivery error: dd This user doesn't have an account", HARD),
        ("failed", "5.5.0", "smtp; 550 Requested action not taken: mailbox unavailable", HARD),
        ("failed", "5.4.4", "X-Postfix; Host or domain name not found. type=A", HARD),
        ("failed", "", "smtp; 550 No such user here", HARD),
        ("failed", "5.7.1", "smtp; 550 5.7.1 Recipient unknown", HARD),
        ("failed", "5.1.1", "smtp; 550 5.1.1 blocked using a blocklist", soft("policy")),
        ("failed", "5.7.1", "smtp; 550 5.7.1 Unable to relay", soft("policy")),
        ("failed", "5.7.1", "smtp; 550 5.7.1 Access denied", soft("policy")),
        ("failed", "5.7.26", "smtp; 550 5.7.26 fails DMARC", soft("policy")),
        ("failed", "5.0.0", "smtp; 554 rejected as spam, user unknown", soft("policy")),
        ("failed", "5.1.8", "smtp; sender's domain does not resolve", soft("other")),
        ("failed", "5.2.2", "", soft("full")),
        ("failed", "5.2.3", "message too large", soft("other")),
        ("failed", "5.0.0", "smtp; 552 over quota", soft("full")),
        ("failed", "5.0.0", "", soft("other")),
        ("failed", "5.6.0", "conversion not possible", soft("other")),
        ("failed", "4.4.7", "delivery time expired", soft("timed_out")),
        ("failed", "4.2.2", "mailbox full", soft("full")),
        ("failed", "4.0.0", "smtp; 550 5.1.1 user unknown", soft("timed_out")),
        ("failed", "", "", soft("timed_out")),
        ("delayed", "5.1.1", "", Status("deferred", None, "delayed")),
        ("delivered", "5.1.1", "", Status("delivered", None, "delivered")),
        ("relayed", "2.0.0", "", None),
        ("expanded", "2.0.0", "", None),
    ],
)
def test_only_a_mailbox_that_is_gone_for_good_is_hard(
    action: str, status: str, words: str, expected: Status | None
) -> None:
    assert classify(action, status, words) == expected
