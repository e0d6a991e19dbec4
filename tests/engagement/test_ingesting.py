"""Events are stored once each, keyed by address key; a bad one costs no other."""

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from crm_service.engagement.incoming import TYPES
from tests.contacts.register import email_key
from tests.engagement.happenings import EMAIL, T0, Admin, happening, stored, take_in
from tests.factories import Tenant


def test_an_event_is_stored_by_the_key_of_its_address(tenant: Tenant, admin: Admin) -> None:
    taken = take_in(tenant, [happening("delivered", email=" Mari@EXAMPLE.com", campaign="spring")])

    [event] = stored(admin, tenant)
    assert (taken.accepted, taken.duplicates, list(taken.rejected)) == (1, 0, [])
    assert event["address_key"] == email_key(tenant, EMAIL)
    assert (event["type"], event["occurred_at"], event["campaign"]) == ("delivered", T0, "spring")


@pytest.mark.rule(28)
def test_what_comes_again_is_counted_and_not_stored_again(tenant: Tenant, admin: Admin) -> None:
    one, other = happening(event_id="1"), happening(event_id="1", source="ses")

    first = take_in(tenant, [one, one, other])
    second = take_in(tenant, [other, one])

    assert (first.accepted, first.duplicates) == (2, 1)
    assert (second.accepted, second.duplicates) == (0, 2)
    assert len(stored(admin, tenant)) == 2


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"email": "nobody"}, "invalid_address"),
        ({"email": None}, "recipient_missing"),
        ({"address_key": uuid.uuid4()}, "recipient_missing"),
        ({"email": None, "contact_id": uuid.uuid4()}, "contact_not_found"),
        ({"event_id": ""}, "invalid_event_id"),
        ({"event_id": "x" * 201}, "invalid_event_id"),
        ({"occurred_at": datetime(2044, 1, 1, tzinfo=UTC)}, "occurred_at_out_of_range"),
        ({"occurred_at": datetime(1970, 1, 1, tzinfo=UTC)}, "occurred_at_out_of_range"),
        ({"occurred_at": datetime(2026, 1, 1)}, "invalid_occurred_at"),  # noqa: DTZ001 - the case
    ],
)
def test_a_bad_event_is_reported_and_the_good_ones_are_stored(
    tenant: Tenant, admin: Admin, facts: dict[str, Any], code: str
) -> None:
    taken = take_in(tenant, [happening(), happening(**facts), happening()])

    assert (taken.accepted, [(r.index, r.code) for r in taken.rejected]) == (2, [(1, code)])
    assert len(stored(admin, tenant)) == 2


def test_every_type_is_stored_and_any_other_is_unknown(tenant: Tenant, admin: Admin) -> None:
    take_in(tenant, [happening(kind, after=n) for n, kind in enumerate((*TYPES, "exploded"))])

    assert [event["type"] for event in stored(admin, tenant)] == [*TYPES, "unknown"]


@pytest.mark.rule(39)
def test_addresses_are_taken_out_of_all_that_a_source_says(tenant: Tenant, admin: Admin) -> None:
    said = "550 5.1.1 <mari@example.com>: user unknown"
    facts: dict[str, Any] = {
        "reason": said,
        "description": said,
        "mta_response": said,
        "tags": (said,),
    }
    url = "https://user:pw@shop.example.com/a?e=mari%40example.com&b=1#mari@example.com"

    take_in(tenant, [happening("deferred", url=url, metadata={"to": said}, **facts)])

    [event] = stored(admin, tenant)
    assert "mari" not in repr({**event, "address_key": None})
    assert event["reason"] == "550 5.1.1 <(address)>: user unknown"
    assert event["url"] == "https://shop.example.com/a?e=(address)&b=1"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "mailto:a@example.com", "https://", "x"])
def test_what_is_no_link_to_a_page_is_not_kept_as_one(
    tenant: Tenant, admin: Admin, url: str
) -> None:
    take_in(tenant, [happening("clicked", url=url)])

    assert [event["url"] for event in stored(admin, tenant)] == [None]
