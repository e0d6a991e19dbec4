"""People who go in one transaction: each of them goes, and nobody else loses anything."""

import uuid
from collections.abc import Sequence
from typing import Any

import pytest

from tests.contacts.register import CONSENT, Admin, email_key, reasons, register
from tests.engagement.happenings import happening, published, take_in
from tests.factories import Tenant
from tests.holds.holding import DISPUTE, lift, place
from tests.retention.aging import Retention, add, contacts, events
from tests.retention.test_anonymizing import knows

LATER = "2060-01-01T08:00:00Z"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Firefox/140.0"
Person = dict[str, Any]

_TABLES = """
SELECT oid::regclass::text FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
"""
_BY_HAND = (
    """INSERT INTO preferences (controller_id, address_key, subject_id, frequency, changed_at)
    VALUES (%(controller)s, %(key)s, %(id)s, 'weekly', now())""",
    """INSERT INTO informings (controller_id, contact_id, how, sources, settled_at, recorded_by)
    VALUES (%(controller)s, %(id)s, 'letter', '{partner}', now(), 'operator:test')""",
    """INSERT INTO leaving_answers (controller_id, correlation, subject_id, reason, given_at)
    VALUES (%(controller)s, gen_random_uuid(), %(id)s, 'too_many', now())""",
)


def know(tenant: Tenant, admin: Admin, name: str) -> Person:
    """Have to do with a person in many ways; return the contact."""
    email = f"{name}@example.com"
    person = register(tenant, email=email, permissions=[dict(CONSENT)])
    seen: dict[str, Any] = {"email": email, "message_id": f"m-{name}", "user_agent": FIREFOX}
    take_in(tenant, [happening("clicked", campaign="spring", **seen)])
    filed = add(tenant, person, "note", "2026-01-01T08:00:00Z", note=f"of {name}", case="C-1")
    path = f"/v1/contacts/{person['id']}"
    tenant.client.post(f"{path}/cases/{filed['case_id']}/close")
    signed = {"reference": "A", "signed_on": "2019-01-01", "ended_on": "2020-01-01"}
    assert tenant.client.post(f"{path}/contracts", json=signed).status_code == 201
    withdrawn = {**CONSENT, "state": "withdrawn"}
    assert tenant.client.post(f"{path}/permissions", json=withdrawn).status_code == 201
    kept = {"decision": "keep", "reasons": f"{name} is a customer"}
    tenant.client.post(f"/v1/reviews/{person['id']}/decision", json=kept)
    lift(tenant, place(tenant, person, DISPUTE).json)
    key = email_key(tenant, email)
    for statement in _BY_HAND:
        admin.execute(
            statement, {"controller": tenant.controller_id, "key": key, "id": person["id"]}
        )
    return person


def hand_out(tenant: Tenant, need: str, people: Sequence[Person]) -> None:
    """Disclose people to a recipient called as the need is."""
    recipient = {"slug": need, "name": need, "kind": "processor", "country": "EE", "contract": "1"}
    assert tenant.client.post("/v1/recipients", json=recipient).status_code == 201
    said = {"recipient": need, "ground": "processor", "fields": ["email"], "need": f"for {need}"}
    ids = [one["id"] for one in people]
    answer = tenant.client.post("/v1/disclosures", json={**said, "contact_ids": ids})
    assert answer.status_code == 201, answer.json


def rows_of(admin: Admin, tenant: Tenant, person: Person) -> set[tuple[str, str]]:
    """Return every row, of whatever table, that names the person by id or key; no log of access."""
    key = email_key(tenant, person["email"])
    names = [row[0] for row in admin.execute(_TABLES).fetchall()]
    found = set()
    for name in names:
        query = f"SELECT t::text FROM {name} AS t WHERE t::text LIKE ANY (%s)"  # noqa: S608 - ours
        said = admin.execute(query, ([f"%{person['id']}%", f"%{key}%"],)).fetchall()
        found |= {(name, row[0]) for row in said if not name.startswith("audit_entries")}
    return found


@pytest.mark.rule(5, 33, 34)
@pytest.mark.clause("ws-05", "si-12", "ee-10")
def test_people_who_go_together_all_go_and_who_is_kept_loses_nothing(
    tenant: Tenant, admin: Admin, retention: Retention
) -> None:
    ann, ben, cat = (know(tenant, admin, name) for name in ("ann", "ben", "cat"))
    place(tenant, cat, DISPUTE)
    hand_out(tenant, "both", [ann, ben])
    hand_out(tenant, "mixed", [ben, cat])
    before = rows_of(admin, tenant, cat)
    stats = tenant.client.get("/v1/campaigns/spring/stats").json

    retention.run(tenant, LATER)

    assert contacts(tenant) == {"cat@example.com"}
    assert rows_of(admin, tenant, cat) == before
    assert tenant.client.get("/v1/campaigns/spring/stats").json == stats
    left = [{name for name, _ in rows_of(admin, tenant, one)} for one in (ann, ben)]
    stays = ("events_", "ledger_e", "outbox", "addresses", "suppressions", "recipient_notices")
    assert left[0] == left[1]
    assert {name for name in left[0] if not name.startswith(stays)} == set()
    assert knows(admin, "of ann") == knows(admin, "of ben") == set()
    assert [reasons(tenant, email_key(tenant, one["email"])) for one in (ann, ben)] == [
        ["unsubscribe"], ["unsubscribe"],
    ]  # fmt: skip


@pytest.mark.rule(25)
@pytest.mark.clause("ws-05")
def test_whoever_got_the_data_is_owed_word_of_each_who_goes(
    tenant: Tenant, admin: Admin, retention: Retention
) -> None:
    ann, ben, cat = (know(tenant, admin, name) for name in ("ann", "ben", "cat"))
    place(tenant, cat, DISPUTE)
    hand_out(tenant, "both", [ann, ben])
    hand_out(tenant, "mixed", [ben, cat])

    retention.run(tenant, LATER)

    owed = tenant.client.get("/v1/recipient-notices").json["items"]
    about = {(one["recipient"], one["contact_id"], one["cause"]) for one in owed}
    assert about == {
        ("both", ann["id"], "erasure"), ("both", ben["id"], "erasure"),
        ("mixed", ben["id"], "erasure"),
    }  # fmt: skip
    told = events(tenant, "recipient_notice.due.v1")
    assert sorted(one["data"]["notice_id"] for one in told) == sorted(one["id"] for one in owed)
    assert {(one["data"]["recipient"], one["subject"], one["data"]["cause"]) for one in told} == (
        about
    )
    needs = "SELECT need FROM disclosures WHERE controller_id = %s ORDER BY need"
    assert admin.execute(needs, (tenant.controller_id,)).fetchall() == [("for mixed",), (None,)]
    messages = [one.get("message_id") for one in published(admin, tenant, "engagement.recorded.v1")]
    assert messages == [None, None, "m-cat"]
    erased = [uuid.UUID(one["subject"]) for one in events(tenant, "contact.erased.v1")]
    assert sorted(erased) == sorted(uuid.UUID(one["id"]) for one in (ann, ben))
