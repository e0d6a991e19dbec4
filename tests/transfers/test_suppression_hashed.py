import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import psycopg
import pytest

from crm_service.config import Settings
from crm_service.errors import Conflict
from crm_service.transfers import suppression_matching
from tests.factories import Tenant
from tests.transfers.suppression_lists import Admin, Lists, blocks, register, said, verdict

ANN, BOB = "ann@example.com", "bob@example.com"


def sha256(email: str) -> str:
    return hashlib.sha256(email.encode()).hexdigest()


def md5(email: str) -> str:
    return hashlib.md5(email.encode(), usedforsecurity=False).hexdigest()


def kept(admin: Admin, tenant: Tenant) -> int:
    query = "SELECT count(*) FROM hashed_suppressions WHERE controller_id = %s"
    row = admin.execute(query, (tenant.controller_id,)).fetchone()
    assert row
    return int(row[0])


@pytest.mark.rule(1, 9)
@pytest.mark.parametrize("digest", [sha256, md5])
def test_a_hash_blocks_whoever_turns_out_to_have_that_address(
    lists: Lists, tenant: Tenant, admin: Admin, digest: object
) -> None:
    assert callable(digest)
    result = lists.take(f"{digest(ANN).upper()}\n{digest(BOB)}\n", reason="unsubscribe")
    assert (result.outcomes, blocks(admin, tenant)) == ({"added": 2}, [])

    contact_id = register(tenant, " Ann@EXAMPLE.com")

    [block] = blocks(admin, tenant)
    assert (str(block["subject_id"]), block["address_key"]) == (contact_id, lists.key(ANN))
    assert said([block]) == [("marketing", "unsubscribe", "partner list")]
    assert verdict(tenant, ANN)["reasons"] == ["suppressed"]
    assert kept(admin, tenant) == 1


@pytest.mark.rule(9, 25)
def test_contacts_known_already_are_found_when_the_list_comes(
    lists: Lists, tenant: Tenant, admin: Admin
) -> None:
    register(tenant, "Ann@Example.com")
    register(tenant, BOB)

    result = lists.take(f"sha256,created_at\n{sha256(ANN)},2024-02-29T12:30:05Z\n")

    assert result.matched == 1
    [block] = blocks(admin, tenant)
    assert block["suppressed_at"] == datetime(2024, 2, 29, 12, 30, 5, tzinfo=UTC)
    told = (
        "SELECT data->>'source' FROM events WHERE type = 'suppression.added.v1' AND subject_id = %s"
    )
    assert admin.execute(told, (block["subject_id"],)).fetchall() == [("partner list",)]
    assert [verdict(tenant, one)["eligible"] for one in (ANN, BOB)] == [False, True]


@pytest.mark.rule(4, 9)
def test_the_same_hashes_again_change_nothing(lists: Lists, tenant: Tenant, admin: Admin) -> None:
    register(tenant, ANN)
    text = f"{sha256(ANN)}\n{sha256(BOB)}\n{md5(BOB)}\n"
    lists.take(text)
    before = blocks(admin, tenant)

    again = lists.take(text)

    assert (again.outcomes["unchanged"], again.matched) == (3, 0)
    assert (blocks(admin, tenant), kept(admin, tenant)) == (before, 2)


@pytest.mark.rule(5, 34)
def test_the_hash_of_a_known_address_is_not_kept_and_its_block_outlives_the_person(
    lists: Lists, tenant: Tenant, admin: Admin
) -> None:
    contact_id = register(tenant, ANN)
    lists.take(f"{sha256(ANN)}\n{md5(ANN)}\n", reason="objection")

    assert tenant.client.delete(f"/v1/contacts/{contact_id}").status_code == 204

    assert kept(admin, tenant) == 0
    assert said(blocks(admin, tenant)) == [("marketing", "objection", "partner list")]


@pytest.mark.rule(6, 9)
def test_an_address_that_a_contact_changes_to_or_is_upserted_with_is_matched(
    lists: Lists, tenant: Tenant
) -> None:
    lists.take(f"{sha256(ANN)}\n{sha256(BOB)}\n")
    path = f"/v1/contacts/{register(tenant, 'before@example.com')}"
    headers = {"If-Match": tenant.client.get(path).headers["ETag"]}

    tenant.client.patch(path, json={"email": ANN}, headers=headers)
    tenant.client.put("/v1/contacts", json={"email": BOB, "source": {"kind": "api"}})

    for email in (ANN, BOB, "before@example.com"):
        found = tenant.client.post("/v1/suppressions/lookup", json={"email": email}).json["items"]
        assert [one["source"] for one in found] == ["partner list"]


@pytest.mark.rule(4, 9)
def test_imported_contacts_are_matched(lists: Lists, tenant: Tenant, admin: Admin) -> None:
    lists.take(f"{sha256(ANN)}\n")

    lists.take_contacts(f"email\n{ANN}\n{BOB}\n")

    assert [one["address_key"] for one in blocks(admin, tenant)] == [lists.key(ANN)]
    assert kept(admin, tenant) == 0


@pytest.mark.rule(21)
def test_a_contact_being_added_while_the_list_comes_is_not_missed(
    lists: Lists, tenant: Tenant, admin: Admin, settings: Settings
) -> None:
    with ThreadPoolExecutor(1) as importing, psycopg.connect(settings.database_url) as adding:
        # A transaction that has looked at the lists, found none, and adds somebody nobody sees yet.
        adding.execute("SELECT pg_current_xact_id()")
        pending = importing.submit(lists.take, f"{sha256(ANN)}\n")
        while kept(admin, tenant) == 0:
            assert not pending.done()
        admin.execute(
            "INSERT INTO contacts (id, controller_id, email, email_key, source_kind, added_at)"
            " VALUES (gen_random_uuid(), %s, %s, %s, 'api', now())",
            (tenant.controller_id, ANN, lists.key(ANN)),
        )
        admin.execute(
            "INSERT INTO addresses (controller_id, address_key, subject_id, kind)"
            " SELECT controller_id, email_key, id, 'email' FROM contacts WHERE email_key = %s",
            (lists.key(ANN),),
        )
        assert not pending.done()
        adding.commit()

        assert pending.result(30).matched == 1


def test_a_transaction_that_does_not_end_is_told_of(
    lists: Lists, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suppression_matching, "_PATIENCE_SECONDS", 0.05)
    with psycopg.connect(settings.database_url) as endless:
        endless.execute("SELECT pg_current_xact_id()")

        with pytest.raises(Conflict) as refusal:
            lists.take(f"{sha256(ANN)}\n")

    assert refusal.value.code == "try_again"
    assert lists.take(f"{sha256(ANN)}\n").outcomes == {"unchanged": 1}
