"""Hashed entries of partners' lists can be seen, and lifted for a written reason (rules 4, 9)."""

import hashlib

import pytest

from tests.contacts.register import audited
from tests.factories import Tenant
from tests.transfers.files import Admin, counted

WHY = "asked to be taken off by letter of 3 November"


def sha256(email: str) -> str:
    return hashlib.sha256(email.encode()).hexdigest()


def bring(tenant: Tenant, *emails: str, reason: str = "unsubscribe") -> None:
    rows = "".join(f"{sha256(email)},{reason}\n" for email in emails)
    answer = tenant.client.post(
        "/v1/suppressions/imports", data="sha256,reason\n" + rows, content_type="text/csv"
    )
    assert answer.json["counts"]["added"] == len(emails), answer.text


@pytest.mark.rule(9)
def test_the_entries_are_listed_page_by_page(tenant: Tenant, admin: Admin) -> None:
    bring(tenant, *(f"p{n}@example.com" for n in range(5)))
    bring(tenant, "last@example.com", reason="complaint")

    seen, path = [], "/v1/suppressions/hashed?limit=2"
    while path:
        page = tenant.client.get(path).json
        seen += page["items"]
        cursor = page["next_cursor"]
        path = f"/v1/suppressions/hashed?limit=2&cursor={cursor}" if cursor else ""

    everybody = [f"p{n}@example.com" for n in range(5)]
    assert sorted(one["hash"] for one in seen[:5]) == sorted(map(sha256, everybody))
    assert (seen[5]["hash"], seen[5]["reason"]) == (sha256("last@example.com"), "complaint")
    only = tenant.client.get("/v1/suppressions/hashed?reason=complaint").json["items"]
    assert only == seen[5:]
    assert len(audited(admin, tenant, "suppressions.list_hashed")) == 4


@pytest.mark.rule(4)
def test_an_entry_is_lifted_for_a_written_reason(tenant: Tenant, admin: Admin) -> None:
    bring(tenant, "mari@example.com", "kati@example.com", "jaan@example.com")
    post = tenant.client.post

    by_email = post(
        "/v1/suppressions/hashed/lift", json={"email": "Mari@Example.com", "justification": WHY}
    )
    by_hash = post(
        "/v1/suppressions/hashed/lift",
        json={"hash": sha256("kati@example.com"), "justification": WHY},
    )

    assert (by_email.json, by_hash.json) == ({"lifted": 1}, {"lifted": 1})
    [left] = tenant.client.get("/v1/suppressions/hashed").json["items"]
    assert left["hash"] == sha256("jaan@example.com")
    assert counted(admin, tenant, "lifted_hashed_suppressions")["lifted_hashed_suppressions"] == 2
    contact = {"email": "mari@example.com", "source": {"kind": "api"}}
    post("/v1/contacts", json=contact)
    assert post("/v1/suppressions/lookup", json={"email": "mari@example.com"}).json["items"] == []


@pytest.mark.rule(4)
@pytest.mark.parametrize("reason", ["complaint", "objection", "erasure"])
def test_what_only_the_person_ends_stays(tenant: Tenant, reason: str) -> None:
    bring(tenant, "mari@example.com", reason=reason)

    refused = tenant.client.post(
        "/v1/suppressions/hashed/lift", json={"email": "mari@example.com", "justification": WHY}
    )

    assert (refused.status_code, refused.json["code"]) == (409, "needs_new_consent")
    assert len(tenant.client.get("/v1/suppressions/hashed").json["items"]) == 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"email": "nobody@example.com", "justification": WHY}, 404, "hash_not_listed"),
        ({"hash": "z" * 64, "justification": WHY}, 422, "invalid_hash"),
        ({"email": "mari@example.com"}, 422, "invalid_request"),
        ({"justification": WHY}, 422, "invalid_request"),
        ({"email": "a@example.com", "hash": "0" * 64, "justification": WHY}, 422, None),
    ],
)
def test_what_names_no_entry_lifts_none(
    tenant: Tenant, body: dict[str, str], status: int, code: str | None
) -> None:
    answer = tenant.client.post("/v1/suppressions/hashed/lift", json=body)

    assert answer.status_code == status
    assert code in {None, answer.json["code"]}


@pytest.mark.rule(36)
def test_another_controllers_lists_are_not_seen(tenant: Tenant, other_tenant: Tenant) -> None:
    bring(other_tenant, "mari@example.com")

    assert tenant.client.get("/v1/suppressions/hashed").json["items"] == []
    body = {"email": "mari@example.com", "justification": WHY}
    assert tenant.client.post("/v1/suppressions/hashed/lift", json=body).status_code == 404
