"""A proof works once, for a while, for what it was asked for, and for nobody else."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest
from flask import Flask
from psycopg.rows import TupleRow

from crm_service.db import driver_connection, transaction
from crm_service.keyring import Keyring
from crm_service.proofs import service, tokens
from crm_service.proofs.service import Unusable
from crm_service.proofs.tokens import Reference
from tests.factories import Tenant
from tests.proofs.people import add_contact, ask, events_of, key_of, redeem, token_of

Admin = psycopg.Connection[TupleRow]


def test_a_proof_says_whose_address_it_is_and_what_for(tenant: Tenant, keyring: Keyring) -> None:
    contact_id = add_contact(tenant)
    issued = ask(tenant, contact_id, language="et", payload={"topics": ["news"]})

    proof = service.show(keyring, token_of(issued))

    assert (proof.controller_id, proof.subject_id) == (tenant.controller_id, contact_id)
    assert (proof.purpose, proof.language, proof.is_current) == ("preferences", "et", True)
    assert proof.payload == {"topics": ["news"]}
    assert proof.expires_at - proof.requested_at == timedelta(minutes=30)


def test_looking_uses_nothing_up_and_using_it_does(tenant: Tenant, keyring: Keyring) -> None:
    issued = ask(tenant, add_contact(tenant))

    seen = [service.show(keyring, token_of(issued)) for _ in range(3)]
    used = redeem(tenant, issued)

    assert seen == [used] * 3
    with pytest.raises(Unusable):
        service.show(keyring, token_of(issued))
    with pytest.raises(Unusable):
        redeem(tenant, issued)


def test_of_many_at_the_same_moment_one_succeeds(tenant: Tenant, app: Flask) -> None:
    issued = ask(tenant, add_contact(tenant))

    def one(_: int) -> bool:
        with app.app_context():
            try:
                redeem(tenant, issued)
            except Unusable:
                return False
            return True

    with ThreadPoolExecutor(4) as callers:
        succeeded = list(callers.map(one, range(8)))

    assert sum(succeeded) == 1


def test_what_fails_afterwards_leaves_the_proof_usable(tenant: Tenant) -> None:
    issued = ask(tenant, add_contact(tenant))

    with pytest.raises(ZeroDivisionError):
        _redeem_and_fail(tenant, issued)

    assert redeem(tenant, issued).id == issued.id


def _redeem_and_fail(tenant: Tenant, issued: service.Issued) -> None:
    with transaction(tenant.controller_id) as session:
        connection = driver_connection(session)
        service.redeem(connection, tenant.controller_id, issued.id, purpose="preferences")
        raise ZeroDivisionError


def test_an_expired_proof_a_wrong_purpose_and_another_controller_are_refused_alike(
    tenant: Tenant, other_tenant: Tenant
) -> None:
    contact_id = add_contact(tenant)
    expired = ask(tenant, contact_id, valid_for=timedelta(0))
    valid = ask(tenant, contact_id)
    said = set()

    for who, issued, purpose in (
        (tenant, expired, "preferences"),
        (tenant, valid, "rights"),
        (other_tenant, valid, "preferences"),
    ):
        with pytest.raises(Unusable) as refused:
            redeem(who, issued, purpose)
        said.add((refused.value.code, str(refused.value)))

    assert len(said) == 1


def test_erasing_the_person_ends_the_links(tenant: Tenant) -> None:
    contact_id = add_contact(tenant)
    issued = ask(tenant, contact_id)

    assert tenant.client.delete(f"/v1/contacts/{contact_id}").status_code == 204

    with pytest.raises(Unusable):
        redeem(tenant, issued)


def test_an_address_that_was_given_up_proves_nothing_current(
    tenant: Tenant, keyring: Keyring
) -> None:
    contact_id = add_contact(tenant)
    issued = ask(tenant, contact_id)
    version = {"If-Match": "*"}

    changed = tenant.client.patch(
        f"/v1/contacts/{contact_id}", json={"email": "new@example.org"}, headers=version
    )

    assert changed.status_code == 200, changed.json
    assert not service.show(keyring, token_of(issued)).is_current


def test_the_link_is_handed_to_the_controllers_mailer_by_an_event(tenant: Tenant) -> None:
    contact_id = add_contact(tenant)

    issued = ask(tenant, contact_id, language="sv")

    [event] = events_of(tenant, "address_proof.requested.v1")
    assert event["subject"] == str(contact_id)
    assert event["data"] == {
        "proof_id": str(issued.id),
        "address_key": str(key_of(tenant)),
        "purpose": "preferences",
        "language": "sv",
        "expires_at": issued.expires_at.isoformat().replace("+00:00", "Z"),
        "mailed_by": "controller",
        "url": issued.url,
    }


def test_for_nobody_the_same_is_done_and_nothing_handed_out(tenant: Tenant, admin: Admin) -> None:
    issued = ask(tenant, None)

    stored = admin.execute(
        "SELECT mail_state, used_at FROM address_proofs WHERE id = %s", (issued.id,)
    ).fetchall()

    assert stored == [("none", None)]
    assert events_of(tenant, "address_proof.requested.v1") == []


def test_no_secret_is_at_rest(tenant: Tenant, admin: Admin) -> None:
    issued = ask(tenant, None)

    stored = admin.execute(
        "SELECT address_proofs::text FROM address_proofs WHERE id = %s", (issued.id,)
    ).fetchone()

    assert stored is not None
    assert token_of(issued) not in stored[0]
    assert token_of(issued)[-22:] not in stored[0]


@pytest.mark.parametrize(
    "mangle",
    [
        str,
        str.upper,
        lambda token: f"{token}.",
        lambda token: f"{token}%20",
        lambda token: f"{token})>",
        lambda token: f"{token[:30]} {token[30:]}",
    ],
)
def test_a_link_survives_what_mail_software_does_to_it(keyring: Keyring, mangle: object) -> None:
    reference = Reference(7, uuid.uuid4())
    text = tokens.sign(keyring, reference)

    assert callable(mangle)
    assert tokens.read(keyring, mangle(text)) == reference


def test_a_changed_link_is_not_ours(keyring: Keyring) -> None:
    token = tokens.sign(keyring, Reference(7, uuid.uuid4()))
    others = [token[:n] + ("b" if token[n] == "a" else "a") + token[n + 1 :] for n in range(56)]

    assert [
        one
        for one in (*others, "", token[:-1], token + "a", "x" * 400)
        if tokens.read(keyring, one)
    ] == []


def test_an_older_link_key_still_proves(keyring: Keyring) -> None:
    reference = Reference(7, uuid.uuid4())
    rotated = Keyring(keyring.keys | {"link": {1: keyring.keys["link"][1], 2: b"n" * 32}})

    assert tokens.read(rotated, tokens.sign(keyring, reference)) == reference
    assert tokens.sign(rotated, reference) != tokens.sign(keyring, reference)


def test_a_link_of_another_kind_is_no_proof(keyring: Keyring, tenant: Tenant) -> None:
    made = tenant.client.post(
        "/v1/topics", json={"slug": "news", "name": {"en": "News"}, "category": "marketing"}
    )
    link = tenant.client.post(
        "/v1/unsubscribe-links", json={"email": "ada@example.com", "topic": "news"}
    ).json["url"]

    assert made.status_code == 201
    assert tokens.read(keyring, link.rpartition("/")[2]) is None
