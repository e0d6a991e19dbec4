"""One timeline of everything known about a person: merged, filtered, in pages, audited."""

from typing import Any

import pytest

from tests.contacts.register import CONSENT, Admin, audited, register
from tests.engagement.happenings import EMAIL, happening, take_in
from tests.factories import Tenant


@pytest.fixture
def contact(tenant: Tenant) -> dict[str, Any]:
    """Mari, about whom there is something of several kinds."""
    made = register(tenant, email=EMAIL, permissions=[CONSENT])
    take_in(
        tenant,
        [
            happening("delivered", campaign="spring"),
            happening("opened", after=60, campaign="spring", user_agent="Mozilla/5.0"),
            happening("clicked", after=90, url="https://example.com/a", campaign="spring"),
            happening("complained", after=99, campaign="autumn"),
        ],
    )
    call = {"kind": "call", "occurred_at": "2026-11-05T09:15:00Z", "number": "+372 5123 4567"}
    tenant.client.post(f"/v1/contacts/{made['id']}/interactions", json=call)
    return made


def read(tenant: Tenant, contact: dict[str, Any], query: str = "") -> dict[str, Any]:
    """Read the contact's timeline."""
    answer = tenant.client.get(f"/v1/contacts/{contact['id']}/history{query}")
    assert answer.status_code == 200, answer.json
    found: dict[str, Any] = answer.json
    return found


def what(found: dict[str, Any]) -> list[tuple[str, str]]:
    """Return kind and word of every entry."""
    return [(one["kind"], one["what"]) for one in found["items"]]


@pytest.mark.clause("ee-03", "ee-09")
def test_everything_stands_in_one_timeline_newest_first(
    tenant: Tenant, contact: dict[str, Any], admin: Admin
) -> None:
    found = read(tenant, contact)

    assert what(found) == [
        ("interaction", "call"),
        ("suppression", "added"),
        ("engagement", "complained"),
        ("engagement", "clicked"),
        ("engagement", "opened"),
        ("engagement", "delivered"),
        ("ledger", "granted"),
    ] or what(found)[1:3] == [("engagement", "complained"), ("suppression", "added")]
    clicked = found["items"][3]["details"]
    assert (clicked["url"], clicked["machine"]) == ("https://example.com/a", False)
    assert found["last_interaction_at"] == "2026-11-05T09:15:00Z"
    [entry] = audited(admin, tenant, "history.read")
    assert (entry["subject_id"], entry["details"]) == (contact["id"], {"entries": 7})


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?kind=interaction&kind=ledger", ["call", "granted"]),
        ("?campaign=spring", ["clicked", "opened", "delivered"]),
        ("?campaign=spring&machine=false", ["clicked", "delivered"]),
        ("?machine=true", ["opened"]),
        ("?kind=engagement&since=2026-11-02T09:01:30Z", ["complained", "clicked"]),
        ("?kind=engagement&until=2026-11-02T09:01:00Z", ["delivered"]),
        ("?kind=disclosure&kind=rights_request", []),
        ("?kind=ledger&campaign=spring", []),
    ],
)
def test_entries_can_be_chosen(
    tenant: Tenant, contact: dict[str, Any], query: str, expected: list[str]
) -> None:
    assert [entry[1] for entry in what(read(tenant, contact, query))] == expected


def test_pages_follow_each_other_without_gap_or_repeat(
    tenant: Tenant, contact: dict[str, Any]
) -> None:
    whole = read(tenant, contact)["items"]

    seen: list[dict[str, Any]] = []
    query: str | None = "?limit=2"
    while query:
        page = read(tenant, contact, query)
        seen += page["items"]
        query = page["next_cursor"] and f"?limit=2&cursor={page['next_cursor']}"

    assert seen == whole


def test_requests_and_their_course_stand_in_the_timeline(
    tenant: Tenant, contact: dict[str, Any]
) -> None:
    asked = {
        "kind": "access", "contact_id": contact["id"], "received_by": "email",
        "received_at": "2026-11-06T09:00:00Z",
    }  # fmt: skip
    assert tenant.client.post("/v1/rights-requests", json=asked).status_code == 201

    [entry] = read(tenant, contact, "?kind=rights_request")["items"]

    assert (entry["what"], entry["details"]["kind"]) == ("received", "access")


@pytest.mark.rule(36)
def test_somebody_elses_timeline_is_not_found(
    other_tenant: Tenant, contact: dict[str, Any]
) -> None:
    path = f"/v1/contacts/{contact['id']}/history"

    assert other_tenant.client.get(path).status_code == 404
    assert other_tenant.client_with("contacts:read").get(path).status_code == 403


@pytest.mark.rule(5, 34)
def test_the_erased_have_no_timeline(tenant: Tenant, contact: dict[str, Any]) -> None:
    tenant.client.delete(f"/v1/contacts/{contact['id']}")

    assert tenant.client.get(f"/v1/contacts/{contact['id']}/history").status_code == 404
