from typing import Any

import pytest

from crm_service.errors import NotFound
from crm_service.suppression import bulk
from tests.factories import Tenant
from tests.transfers.suppression_lists import (
    Admin,
    Lists,
    blocks,
    make_topic,
    register,
    said,
    verdict,
)


def events(admin: Admin, tenant: Tenant) -> list[dict[str, Any]]:
    return [
        row[0]
        for row in admin.execute(
            "SELECT data FROM events WHERE controller_id = %s AND type = 'suppression.added.v1'"
            " ORDER BY position",
            (tenant.controller_id,),
        )
    ]


def subject_of(admin: Admin, lists: Lists, email: str) -> str:
    row = admin.execute(
        "SELECT subject_id::text FROM addresses WHERE controller_id = %s AND address_key = %s",
        (lists.tenant.controller_id, lists.key(email)),
    ).fetchone()
    assert row
    return str(row[0])


@pytest.mark.rule(1, 9)
@pytest.mark.parametrize(
    "text",
    [
        "ann@example.com\nbob@example.com",
        '\ufeff ANN@example.com ;x\r\n\r\n"bob@EXAMPLE.com";y\r\n',
        "E-Mail,Name\nann@example.com,Ann\nbob@example.com,Bob\n",
        "name\temail\nAnn\tann@example.com\nBob\tbob@example.com\n",
    ],
)
def test_a_plain_list_blocks_all_marketing_whether_or_not_anybody_is_known(
    lists: Lists, tenant: Tenant, admin: Admin, text: str
) -> None:
    register(tenant, "ann@example.com")

    result = lists.take(text)

    assert result.outcomes == {"added": 2}
    found = blocks(admin, tenant)
    assert said(found) == [("marketing", "import", "list")] * 2
    assert {one["address_key"] for one in found} == {
        lists.key("ann@example.com"),
        lists.key("bob@example.com"),
    }
    assert verdict(tenant, "ann@example.com")["reasons"] == ["suppressed"]


@pytest.mark.rule(25, 26)
def test_every_block_is_told_of_under_one_correlation(
    lists: Lists, tenant: Tenant, admin: Admin
) -> None:
    contact_id = register(tenant, "ann@example.com")

    result = lists.take("email,reason\nann@example.com,complaint\nbob@example.com,\n")

    found = {str(one["id"]): one for one in blocks(admin, tenant)}
    told = events(admin, tenant)
    assert {event["suppression_id"] for event in told} == found.keys()
    assert {(event["scope"], event["reason"], event["source"]) for event in told} == {
        ("marketing", "complaint", "list"),
        ("marketing", "import", "list"),
    }
    assert {one["correlation"] for one in found.values()} == {result.id}
    assert contact_id in {str(one["subject_id"]) for one in found.values()}
    # Besides the two: that she was registered, and consented.
    pending = "SELECT count(*) FROM outbox WHERE controller_id = %s AND subject_id = ANY (%s)"
    subjects = [one["subject_id"] for one in found.values()]
    assert admin.execute(pending, (tenant.controller_id, subjects)).fetchone() == (4,)


@pytest.mark.rule(2, 4)
def test_the_same_list_again_changes_nothing_and_tells_nothing(
    lists: Lists, tenant: Tenant, admin: Admin
) -> None:
    register(tenant, "ann@example.com")
    text = "ann@example.com,complaint\nbob@example.com\n*.example.org\nann@example.com,complaint\n"
    first = lists.take(text)
    before = blocks(admin, tenant), events(admin, tenant)

    again = lists.take(text)

    assert (first.outcomes, again.outcomes) == ({"added": 3, "unchanged": 1}, {"unchanged": 4})
    assert (blocks(admin, tenant), events(admin, tenant)) == before


@pytest.mark.rule(2, 4)
def test_a_list_adds_reasons_and_lifts_weakens_or_replaces_none(
    lists: Lists, tenant: Tenant, admin: Admin
) -> None:
    lists.take("ann@example.com,complaint\n", scope="all")
    before = blocks(admin, tenant)

    lists.take("email,status\nann@example.com,unsubscribed\n")
    ignored = lists.take("email,status\nann@example.com,subscribed\n")

    assert ignored.outcomes == {"ignored": 1}
    after = blocks(admin, tenant)
    assert [one for one in after if one["reason"] == "complaint"] == before
    assert sorted(said(after)) == [
        ("all", "complaint", "list"),
        ("marketing", "unsubscribe", "list"),
    ]


@pytest.mark.rule(2, 3)
def test_scope_topic_and_reason_are_for_rows_that_state_none_and_bounces_are_for_all(
    lists: Lists, tenant: Tenant, admin: Admin
) -> None:
    make_topic(tenant, "tips")

    lists.take("ann@example.com\nbob@example.com,bounce\n", topic="tips", reason="manual")
    lists.take("eve@example.com\nzoe@example.com,invalid\n", scope="all")

    found = {
        one["address_key"]: (one["scope"], one["topic"], one["reason"])
        for one in blocks(admin, tenant)
    }
    assert found == {
        lists.key("ann@example.com"): ("topic", "tips", "manual"),
        lists.key("bob@example.com"): ("all", None, "hard_bounce"),
        lists.key("eve@example.com"): ("all", None, "import"),
        lists.key("zoe@example.com"): ("all", None, "invalid"),
    }


def test_an_unknown_topic_is_told_before_anything_is_stored(
    lists: Lists, tenant: Tenant, admin: Admin
) -> None:
    with pytest.raises(NotFound) as refusal:
        lists.take("ann@example.com\n", topic="nowhere")

    assert refusal.value.code == "unknown_topic"
    assert blocks(admin, tenant) == []


@pytest.mark.rule(1)
def test_a_block_by_one_address_covers_every_address_of_the_person_but_a_bounce_does_not(
    lists: Lists, tenant: Tenant, admin: Admin
) -> None:
    contact_id = register(tenant, "old@example.com")
    path = f"/v1/contacts/{contact_id}"
    headers = {"If-Match": tenant.client.get(path).headers["ETag"]}
    changed = tenant.client.patch(path, json={"email": "new@example.com"}, headers=headers)
    assert changed.status_code == 200

    lists.take("old@example.com,unsubscribe\nold@example.com,bounce\n")

    found = {(one["address_key"], one["reason"]) for one in blocks(admin, tenant)}
    old, new = lists.key("old@example.com"), lists.key("new@example.com")
    assert found == {(old, "unsubscribe"), (new, "unsubscribe"), (old, "hard_bounce")}
    assert verdict(tenant, "new@example.com")["suppressions"] == [
        {"scope": "marketing", "reason": "unsubscribe"}
    ]


@pytest.mark.rule(4)
def test_a_person_registered_later_with_consent_stays_blocked(lists: Lists, tenant: Tenant) -> None:
    lists.take("ann@example.com\n")

    register(tenant, "Ann@Example.COM")

    assert verdict(tenant, "ann@example.com")["reasons"] == ["suppressed"]


def test_a_dry_run_tells_what_would_happen_and_stores_nothing(
    lists: Lists, tenant: Tenant, admin: Admin
) -> None:
    lists.take("ann@example.com\n")
    before = blocks(admin, tenant)
    text = "address\nann@example.com\nbob@example.com\nbob@example.com\nnobody\n*.example.org\n"

    told = lists.take(text, dry_run=True)

    assert told.outcomes == {"unchanged": 2, "added": 2, "rejected": 1}
    assert blocks(admin, tenant) == before
    assert lists.take(text).outcomes == told.outcomes


@pytest.mark.rule(38, 39)
def test_a_list_is_one_entry_in_the_audit_log_and_holds_no_address(
    lists: Lists, tenant: Tenant, admin: Admin
) -> None:
    result = lists.take("ann@example.com\nbob@example.com\nnobody\n")

    [(entry_id, actor, count, text)] = admin.execute(
        "SELECT id, actor, count, details::text FROM audit_entries"
        " WHERE controller_id = %s AND action = 'suppressions.import'",
        (tenant.controller_id,),
    )
    assert (entry_id, actor, count) == (result.id, "operator:test", 2)
    assert "example.com" not in text


@pytest.mark.rule(26)
def test_more_known_people_than_a_transaction_locks_are_taken_in_parts(
    lists: Lists, tenant: Tenant, admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses = [f"p{number}@example.com" for number in range(10)]
    lists.take("\n".join(addresses))
    monkeypatch.setattr(bulk, "MAX_LOCKS", 3)

    result = lists.take("\n".join(addresses), reason="complaint")

    assert result.outcomes == {"added": 10}
    assert len(blocks(admin, tenant)) == 20


@pytest.mark.rule(36)
def test_another_controllers_addresses_are_not_touched(
    lists: Lists, other_tenant: Tenant, admin: Admin
) -> None:
    make_topic(other_tenant)
    register(other_tenant, "ann@example.com")

    lists.take("ann@example.com\n")

    assert blocks(admin, other_tenant) == []
    assert verdict(other_tenant, "ann@example.com")["eligible"] is True
