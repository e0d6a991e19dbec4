"""A held erasure is certified as what it is: nothing went, what stays, why, by which article."""

from typing import Any

import pytest
from flask import Flask

from crm_service.pages.languages import LANGUAGES
from tests.contacts.register import CONSENT, register
from tests.factories import Answer, Tenant, load_policy, make_tenant
from tests.holds.holding import DISPUTE, STATUTORY, lift, place
from tests.recipients.register import MAILHOUSE, enter
from tests.rights.asking import ask, decide, identify, read
from tests.rights.test_certificates import certificate

WHY = "A court case about your order is going on."
#: What the person must not be told while the data are there.
ERASED = ("We have erased", "erase them as well", "without their contents")


def held(
    tenant: Tenant, *holds: dict[str, Any], language: str = "en", **facts: Any
) -> tuple[dict[str, Any], Answer]:
    """Have Mari, whose data went to a mailhouse and are held, ask; decide it in part."""
    contact = register(tenant, language=language, permissions=[dict(CONSENT)])
    enter(tenant, MAILHOUSE)
    handed = {"recipient": "mailhouse", "contact_ids": [contact["id"]], "ground": "processor"}
    sent = tenant.client.post("/v1/disclosures", json=handed | {"fields": ["email"]})
    assert sent.status_code == 201
    for hold in holds:
        assert place(tenant, contact, hold, **facts).status_code == 201
    request = ask(tenant, "erasure", contact_id=contact["id"], language=language)
    identify(tenant, request)
    return request, decide(tenant, request, "partly_granted", reasons=WHY)


@pytest.mark.rule(33)
@pytest.mark.clause("no-12", "si-05")
@pytest.mark.parametrize(
    ("hold", "article"), [(DISPUTE, "17(3)(e)"), (STATUTORY, "17(3)(b)")], ids=["dispute", "law"]
)
def test_it_says_that_nothing_went_what_stays_and_by_which_article(
    tenant: Tenant, hold: dict[str, Any], article: str
) -> None:
    request, _ = held(tenant, hold)

    issued = certificate(tenant, request).json["certificate"]

    assert (issued["outcome"], issued["erased"]) == ("partly_granted", [])
    [named] = issued["holds"]
    assert (named["kind"], named["article"]) == (hold["kind"], article)
    kept = {one["what"]: one for one in issued["kept"]}
    assert (kept["person"]["why"], kept["person"]["article"]) == ("held", article)
    assert kept["suppressions"]["count"] == 1
    # The evidence is there still: nobody certifies that it went.
    assert kept["ledger_entries"]["why"] == "proves_consents_and_refusals"
    assert certificate(tenant, request).json["proof"]["holds"] is True


@pytest.mark.rule(33)
@pytest.mark.clause("no-12", "si-05", "si-18")
@pytest.mark.parametrize("language", list(LANGUAGES))
def test_the_person_is_told_why_nothing_was_erased_and_until_when(
    app: Flask, language: str
) -> None:
    tenant = make_tenant(app, policy=load_policy() | {"languages": list(LANGUAGES)})

    request, decided = held(tenant, STATUTORY, language=language, held_until="2031-03-02")

    told = decided.json["letter"]["text"]
    assert told == certificate(tenant, request).json["letter"]["text"]
    assert all(part in told for part in ("17(3)(b)", "18(2)", "2031", "archives_act", WHY))
    assert not [part for part in ERASED if part in told]
    assert language == "en" or "They are kept" not in told


@pytest.mark.rule(33)
def test_each_of_several_holds_is_told_with_its_article(tenant: Tenant) -> None:
    request, decided = held(tenant, DISPUTE, STATUTORY)

    told = decided.json["letter"]["text"]
    issued = certificate(tenant, request).json["certificate"]

    assert {one["article"] for one in issued["holds"]} == {"17(3)(b)", "17(3)(e)"}
    [person] = [one for one in issued["kept"] if one["what"] == "person"]
    assert person["article"] == "17(3)(b), 17(3)(e)"
    assert "legal claims in a dispute" in told
    assert "a law demands" in told
    assert "the use of them is restricted" in told


@pytest.mark.rule(33)
def test_without_a_hold_nothing_is_erased_in_part(tenant: Tenant) -> None:
    request, answer = held(tenant)

    assert (answer.status_code, answer.json["code"]) == (409, "nothing_held")
    assert read(tenant, request)["status"] == "in_progress"
    assert tenant.client.get(f"/v1/contacts/{request['subject_id']}").status_code == 200


@pytest.mark.rule(33)
def test_what_is_erased_once_the_hold_is_gone_has_a_certificate_of_its_own(tenant: Tenant) -> None:
    first, _ = held(tenant, DISPUTE)
    [hold] = certificate(tenant, first).json["certificate"]["holds"]
    lift(tenant, hold)
    second = ask(tenant, "erasure", contact_id=first["subject_id"])
    identify(tenant, second)

    decided = decide(tenant, second, "granted")

    issued = certificate(tenant, second).json["certificate"]
    assert decided.status_code == 200, decided.json
    assert (issued["holds"], bool(issued["erased"])) == ([], True)
    assert "person" not in {one["what"] for one in issued["kept"]}
    assert certificate(tenant, first).json["certificate"]["erased"] == []
