from datetime import UTC, datetime
from typing import Any

import pytest

from crm_service.errors import Invalid
from tests.factories import Tenant
from tests.transfers.suppression_lists import Admin, Lists, blocks

FIRST = datetime(2024, 2, 29, 12, 30, 5, tzinfo=UTC)
LATER = datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC)
_FIRST, _LATER = int(FIRST.timestamp()), int(LATER.timestamp())

#: Name, file name, file, and of each block: address, scope, reason, date.
SAMPLES: list[tuple[str, str, str, list[tuple[str, str, str, datetime]]]] = [
    (
        "sendgrid-bounces",
        "suppression_bounces.csv",
        ("status,reason,email,created\n"
        f'5.1.1,"550 5.1.1 no such user, sorry",Ann@Example.com,{_FIRST}\n'
        f"5.7.1,550 5.7.1 relay denied,bob@example.com,{_LATER}\n"),
        [
            ("ann@example.com", "all", "hard_bounce", FIRST),
            ("bob@example.com", "all", "hard_bounce", LATER),
        ],
    ),
    (
        "sendgrid-bounces",
        "export.csv",
        ("status,reason,email,created\n"
        f"5.1.1,no such user,ann@example.com,{_FIRST}\n"
        f"5.7.1,refused by policy,bob@example.com,{_LATER}\n"),
        [
            ("ann@example.com", "all", "hard_bounce", FIRST),
            ("bob@example.com", "marketing", "import", LATER),
        ],
    ),
    (
        "sendgrid-bounces",
        "suppression_blocks.csv",
        f"status,reason,email,created\n4.0.0,IP is on a list,ann@example.com,{_FIRST}\n",
        [("ann@example.com", "marketing", "import", FIRST)],
    ),
    (
        "sendgrid-unsubscribes",
        "suppression_unsubscribes.csv",
        f"email,created\nann@example.com,{_FIRST}\n",
        [("ann@example.com", "marketing", "unsubscribe", FIRST)],
    ),
    (
        "sendgrid-spam-reports",
        "suppression_spam_reports.csv",
        f"ip,email,created\n192.0.2.1,ann@example.com,{_FIRST}\n",
        [("ann@example.com", "marketing", "complaint", FIRST)],
    ),
    (
        "sendgrid-invalid",
        "suppression_invalid_emails.csv",
        f"reason,email,created\nMail domain mentioned has no MX,ann@example.com,{_FIRST}\n",
        [("ann@example.com", "all", "invalid", FIRST)],
    ),
    (
        "mailgun-bounces",
        "bounces.csv",
        ("address,code,error,created_at\n"
        'ann@example.com,550,"No such mailbox","Thu, 29 Feb 2024 12:30:05 UTC"\n'
        'bob@example.com,452,"Mailbox full","Wed, 31 Dec 2025 23:59:59 +0000"\n'),
        [
            ("ann@example.com", "all", "hard_bounce", FIRST),
            ("bob@example.com", "marketing", "import", LATER),
        ],
    ),
    (
        "mailgun-unsubscribes",
        "unsubscribes.csv",
        'address,tags,created_at\nann@example.com,*,"Thu, 29 Feb 2024 12:30:05 UTC"\n',
        [("ann@example.com", "marketing", "unsubscribe", FIRST)],
    ),
    (
        "mailgun-complaints",
        "complaints.csv",
        "address,created_at\nann@example.com,2024-02-29 12:30:05 UTC\n",
        [("ann@example.com", "marketing", "complaint", FIRST)],
    ),
    (
        "ses",
        "suppressed.csv",
        ("EmailAddress,Reason,LastUpdateTime\n"
        "ann@example.com,BOUNCE,2024-02-29T12:30:05+00:00\n"
        "bob@example.com,COMPLAINT,2026-01-01T01:59:59+02:00\n"),
        [
            ("ann@example.com", "all", "hard_bounce", FIRST),
            ("bob@example.com", "marketing", "complaint", LATER),
        ],
    ),
    (
        "postmark",
        "suppressions.csv",
        ("EmailAddress,SuppressionReason,Origin,CreatedAt\n"
        "ann@example.com,HardBounce,Recipient,2024-02-29T07:30:05-05:00\n"
        "bob@example.com,ManualSuppression,Recipient,2025-12-31T23:59:59Z\n"
        "eve@example.com,ManualSuppression,Customer,2025-12-31T23:59:59Z\n"
        "zoe@example.com,SpamComplaint,Recipient,2025-12-31T23:59:59Z\n"),
        [
            ("ann@example.com", "all", "hard_bounce", FIRST),
            ("bob@example.com", "marketing", "unsubscribe", LATER),
            ("eve@example.com", "marketing", "import", LATER),
            ("zoe@example.com", "marketing", "complaint", LATER),
        ],
    ),
    (
        "mailchimp-unsubscribed",
        "unsubscribed_email_audience_export_1.csv",
        ('"Email Address","First Name",MEMBER_RATING,OPTIN_TIME,UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,'
        "UNSUB_CAMPAIGN_ID,UNSUB_REASON,UNSUB_REASON_OTHER,LEID,EUID\n"
        'ann@example.com,Ann,2,"2020-01-01 00:00:00","2024-02-29 12:30:05",Spring,a1,'
        '"NORMAL",,1,b2\n'
        'bob@example.com,Bob,1,,"2025-12-31 23:59:59",Spring,a1,'
        '"The emails are spam and should be reported",,2,b3\n'),
        [
            ("ann@example.com", "marketing", "unsubscribe", FIRST),
            ("bob@example.com", "marketing", "complaint", LATER),
        ],
    ),
    (
        "mailchimp-cleaned",
        "cleaned_email_audience_export_1.csv",
        ('"Email Address",MEMBER_RATING,OPTIN_TIME,CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,LEID,EUID\n'
        'ann@example.com,1,"2020-01-01 00:00:00","2024-02-29 12:30:05",Spring,1,b2\n'),
        [("ann@example.com", "all", "hard_bounce", FIRST)],
    ),
    (
        "listmonk",
        "subscribers.csv",
        ("uuid,email,name,attributes,status,created_at,updated_at\n"
        'a1,ann@example.com,Ann,{},blocklisted,2020-01-01 00:00:00 +0000 UTC,'
        "2024-02-29 12:30:05.123456 +0000 UTC\n"
        "a2,bob@example.com,Bob,{},enabled,2020-01-01 00:00:00 +0000 UTC,"
        "2020-01-01 00:00:00 +0000 UTC\n"),
        [("ann@example.com", "marketing", "import", FIRST.replace(microsecond=123456))],
    ),
]  # fmt: skip


def stored(lists: Lists, admin: Admin, tenant: Tenant) -> set[tuple[Any, ...]]:
    """Return key, scope, reason and date of every block."""
    found = blocks(admin, tenant)
    return {
        (one["address_key"], one["scope"], one["reason"], one["suppressed_at"]) for one in found
    }


@pytest.mark.rule(3, 9)
@pytest.mark.parametrize(("name", "filename", "text", "expected"), SAMPLES)
def test_an_export_is_recognized_and_keeps_reasons_and_dates(
    lists: Lists,
    tenant: Tenant,
    admin: Admin,
    name: str,
    filename: str,
    text: str,
    expected: list[tuple[str, str, str, datetime]],
) -> None:
    result = lists.take(text, filename=filename)

    assert (result.layout.name, result.outcomes["rejected"]) == (name, 0)
    wanted = {(lists.key(email), *facts) for email, *facts in expected}
    assert stored(lists, admin, tenant) == wanted
    assert {one["source"] for one in blocks(admin, tenant)} == {result.layout.source}


@pytest.mark.rule(9)
def test_columns_are_recognized_in_any_order_and_with_any_delimiter(
    lists: Lists, tenant: Tenant, admin: Admin
) -> None:
    text = f"created;email;status;reason\n{_FIRST};ann@example.com;5.1.1;gone\n"

    result = lists.take(text.encode("utf-16"))

    assert result.layout.name == "sendgrid-bounces"
    wanted = {(lists.key("ann@example.com"), "all", "hard_bounce", FIRST)}
    assert stored(lists, admin, tenant) == wanted


@pytest.mark.rule(9)
@pytest.mark.parametrize(
    "text",
    [
        ('{"EmailAddress":"ann@example.com","Reason":"BOUNCE","LastUpdateTime":"2024-02-29T12:30:05Z"}\n'
        '{"EmailAddress":"bob@example.com","Reason":"COMPLAINT",'
        '"LastUpdateTime":"2025-12-31T23:59:59Z"}\n'),
        ('{\n "SuppressedDestinationSummaries": [\n'
        '{"EmailAddress":"ann@example.com","Reason":"BOUNCE","LastUpdateTime":"2024-02-29T12:30:05Z"},'
        '{"EmailAddress":"bob@example.com","Reason":"COMPLAINT",'
        '"LastUpdateTime":"2025-12-31T23:59:59Z"}], "NextToken": null}'),
        ('[{"email":"ann@example.com","reason":"bounce","created":1709209805},'
        '{"email":"bob@example.com","reason":"spam","created":1767225599}]'),
    ],
    ids=["one a line", "within an object", "an array"],
)  # fmt: skip
def test_lists_come_as_json_too(lists: Lists, tenant: Tenant, admin: Admin, text: str) -> None:
    result = lists.take(text)

    assert result.outcomes == {"added": 2}
    reasons = {one["reason"] for one in blocks(admin, tenant)}
    assert reasons in ({"hard_bounce", "complaint"}, {"invalid"})


@pytest.mark.rule(9)
def test_an_export_of_subscribers_is_refused_unless_a_reason_is_given(
    lists: Lists, tenant: Tenant, admin: Admin
) -> None:
    text = "Email Address,MEMBER_RATING,OPTIN_TIME,LEID\nann@example.com,5,2024-01-01 00:00:00,1\n"

    with pytest.raises(Invalid) as refusal:
        lists.take(text)

    assert refusal.value.code == "not_a_suppression_list"
    assert blocks(admin, tenant) == []
    assert lists.take(text, reason="manual").outcomes == {"added": 1}


@pytest.mark.rule(9)
def test_what_the_first_json_line_leaves_out_counts_in_the_others(
    lists: Lists, tenant: Tenant, admin: Admin
) -> None:
    lists.take('{"email":"ann@example.com"}\n{"email":"bob@example.com","reason":"hard_bounce"}\n')
    found = {(one["scope"], one["reason"]) for one in blocks(admin, tenant)}
    assert found == {("marketing", "import"), ("all", "hard_bounce")}
