"""An erasure is certified: what went, what stays and why, provably, and without naming anybody."""

import json
from typing import Any

import orjson
import psycopg
import pytest
from flask import Flask

from crm_service.clock import utcnow
from crm_service.config import Settings
from crm_service.db import WORKER_ROLE, connect_options
from crm_service.rights.certificates import digest
from crm_service.seals.service import seal_pending
from tests.contacts.register import CONSENT, Admin, register
from tests.factories import Answer, Tenant
from tests.notices.owed import notices
from tests.notices.owed import step as settle
from tests.recipients.register import MAILHOUSE, enter
from tests.rights.asking import ask, decide, identify, step, under


def certificate(tenant: Tenant, request: dict[str, Any]) -> Answer:
    return tenant.client.get(f"/v1/rights-requests/{request['id']}/certificate")


def erased(tenant: Tenant, **facts: Any) -> dict[str, Any]:
    """Register Mari and have her erased; return the request as it was decided."""
    contact = register(tenant, permissions=[dict(CONSENT)])
    ask(tenant, "withdrawal", contact_id=contact["id"])
    request = ask(tenant, "erasure", contact_id=contact["id"])
    identify(tenant, request)
    answer = decide(tenant, request, "granted", **facts)
    assert answer.status_code == 200, answer.json
    decided: dict[str, Any] = answer.json
    return decided


@pytest.mark.rule(5, 33)
@pytest.mark.clause("se-09", "ee-16", "si-12")
def test_it_says_what_went_what_stays_and_on_which_checked_ground(app: Flask) -> None:
    tenant = under(app, "cadcraft")
    request = erased(tenant, ground="consent_withdrawn")

    issued = certificate(tenant, request).json["certificate"]

    assert issued["ground"] == {
        "code": "consent_withdrawn",
        "article": "17(1)(b)",
        "checked": "ledger_holds_no_basis_in_force",
    }
    assert {"category": "contact", "rows": 1} in issued["erased"]
    kept = {one["what"]: (one["count"], one["article"]) for one in issued["kept"]}
    assert kept["suppressions"] == (2, "21(3), 17(3)(b)")
    assert kept["ledger_entries"][0] >= 2
    assert issued["decided_at"] == request["decided_at"]
    assert "mari" not in json.dumps(certificate(tenant, request).json).lower()


@pytest.mark.rule(33, 38)
def test_its_digest_is_in_the_audit_log_under_a_seal(tenant: Tenant, settings: Settings) -> None:
    request = erased(tenant)
    fresh = certificate(tenant, request).json["proof"]

    with psycopg.connect(
        settings.worker_url, autocommit=True, **connect_options(WORKER_ROLE)
    ) as worker:
        seal_pending(worker, utcnow())

    found = certificate(tenant, request).json
    assert (fresh["seal"], fresh["holds"]) == (None, True)
    assert found["proof"]["sha256"] == digest(found["certificate"])
    assert found["proof"]["seal"]["number"] >= 1


@pytest.mark.rule(33, 38)
def test_one_that_was_changed_afterwards_does_not_hold(tenant: Tenant, admin: Admin) -> None:
    request = erased(tenant)
    change = (
        "UPDATE rights_requests SET certificate = certificate || %s::jsonb"
        " WHERE controller_id = %s AND id = %s"
    )

    admin.execute(
        change, (orjson.dumps({"erased": []}).decode(), tenant.controller_id, request["id"])
    )

    assert certificate(tenant, request).json["proof"]["holds"] is False


@pytest.mark.rule(33)
@pytest.mark.clause("ws-05")
def test_a_request_stays_open_until_every_partner_has_confirmed(app: Flask) -> None:
    tenant = under(app, "websystems")
    enter(tenant, MAILHOUSE)
    request = erased(tenant)
    [owed] = notices(tenant, open="true")

    early = step(tenant, request, "close")
    waiting = certificate(tenant, request).json
    settle(tenant, owed, "acknowledgement", by="email")

    assert (early.status_code, early.json["code"]) == (409, "recipients_not_confirmed")
    assert (owed["cause"], owed["request_id"]) == ("erasure", request["id"])
    assert (waiting["certificate"]["recipients"], waiting["confirmed"]) == (["mailhouse"], False)
    assert certificate(tenant, request).json["confirmed"] is True
    assert step(tenant, request, "close").json["status"] == "closed"


@pytest.mark.rule(33)
@pytest.mark.clause("ws-05")
def test_one_partner_of_two_is_not_every_partner(app: Flask) -> None:
    tenant = under(app, "websystems")
    for slug in ("mailhouse", "printer"):
        enter(tenant, MAILHOUSE | {"slug": slug, "name": slug.title()})
    request = erased(tenant)
    first, second = notices(tenant, open="true")

    settle(tenant, first, "acknowledgement", by="email")
    after_one = certificate(tenant, request).json["confirmed"]
    settle(tenant, second, "acknowledgement", by="email")

    assert (after_one, certificate(tenant, request).json["confirmed"]) == (False, True)


@pytest.mark.rule(5, 33)
def test_a_block_that_was_lifted_is_not_among_what_stays(tenant: Tenant) -> None:
    contact = register(tenant)
    block = {"email": contact["email"], "scope": "marketing", "reason": "manual"}
    placed = tenant.client.post("/v1/suppressions", json=block).json
    why = {"justification": "It was somebody else."}
    lifted = tenant.client.post(f"/v1/suppressions/{placed['id']}/lift", json=why)
    request = ask(tenant, "erasure", contact_id=contact["id"])
    identify(tenant, request)

    decide(tenant, request, "granted")

    issued = certificate(tenant, request).json["certificate"]
    assert lifted.status_code == 200, lifted.json
    assert [one["count"] for one in issued["kept"] if one["what"] == "suppressions"] == [1]


@pytest.mark.rule(33)
def test_the_person_is_told_in_their_language_then_and_later(tenant: Tenant) -> None:
    request = erased(tenant, reasons="Nagu palusite.")

    told, later = request["letter"]["text"], certificate(tenant, request).json["letter"]["text"]

    for text in (told, later):
        assert "Oleme kustutanud: Teie kontaktandmed" in text
        assert "art 21(3), 17(3)(b)" in text
    assert "Nagu palusite." in told
    assert "Nagu palusite." not in later


@pytest.mark.clause("se-09")
def test_a_consent_that_never_was_cannot_have_been_the_only_basis(app: Flask) -> None:
    tenant = under(app, "cadcraft")
    contact = register(tenant)
    request = ask(tenant, "erasure", contact_id=contact["id"])
    identify(tenant, request)

    refused = decide(tenant, request, "granted", ground="consent_withdrawn")

    assert (refused.status_code, refused.json["code"]) == (409, "ground_not_met")


def test_nothing_is_certified_where_nobody_was_erased(tenant: Tenant) -> None:
    request = ask(tenant, "access", email="mari@example.com")

    answer = certificate(tenant, request)

    assert (answer.status_code, answer.json["code"]) == (409, "no_certificate")
