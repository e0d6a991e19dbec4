"""A consent can be shown to anybody in the words of the standard, each step with its proof."""

from pathlib import Path

import pytest

from tests.factories import Tenant
from tests.permissions.person import Admin, Person, consent, make_person
from tests.transfers.files import CONSENT, bring, write


@pytest.fixture
def mari(tenant: Tenant, admin: Admin) -> Person:
    """Mari, who agreed to the offers and left them."""
    person = make_person(tenant, admin)
    person.grant(evidence=consent("2026-03-01T10:00:00Z"))
    person.click()
    return person


@pytest.mark.rule(19)
@pytest.mark.clause("ee-08", "si-09", "ws-06")
def test_a_receipt_tells_what_was_agreed_to_and_when_it_ended(mari: Person) -> None:
    answer = mari.tenant.client.get(f"{mari.path}/consent-receipts")

    [receipt] = answer.json["items"]
    [purpose] = receipt["pii_processing"]["purposes"]
    assert (purpose["purpose"], purpose["service"]) == ("marketing", "offers")
    assert purpose["lawful_basis"].endswith("#A6-1-a")
    assert receipt["pii_processing"]["wording"]["text"] == "Yes, write to me."
    assert receipt["party_identification"][0]["party_name"] == "Cantec OÜ"
    states = [one["event_state"] for one in receipt["events"]]
    assert states == ["dpv:ConsentGiven", "dpv:ConsentWithdrawn"]


@pytest.mark.rule(19)
def test_what_moves_the_day_a_term_counts_from_is_no_consent_once_more(
    tenant: Tenant, tmp_path: Path
) -> None:
    row = {"Email": "mari@example.com", "Topics": "news", **CONSENT}
    for number, added in enumerate(["2026-04-01", "2026-03-01"]):
        bring(tenant, write(tmp_path / f"{number}.csv", {**row, "Added": added}))
    mari = tenant.client.post("/v1/contacts/lookup", json={"email": row["Email"]}).json["id"]

    [receipt] = tenant.client.get(f"/v1/contacts/{mari}/consent-receipts").json["items"]

    said = [(one["ledger_action"], one["event_type"]) for one in receipt["events"]]
    assert said == [("granted", "dpv:ExpressedConsent"), ("reanchored", None)]


@pytest.mark.rule(18)
def test_each_step_bears_the_digest_of_its_ledger_entry(mari: Person) -> None:
    entries = mari.tenant.client.get(f"{mari.path}/ledger").json["items"]

    [receipt] = mari.tenant.client.get(f"{mari.path}/consent-receipts").json["items"]

    assert [one["digest"] for one in receipt["events"]] == [one["digest"] for one in entries]
    assert receipt["record_id"] == entries[0]["id"]


@pytest.mark.rule(19, 36)
def test_other_bases_are_no_consents_and_other_people_are_unknown(
    mari: Person, other_tenant: Tenant, admin: Admin
) -> None:
    other = make_person(mari.tenant, admin, email="other@example.com")
    other.grant("contract", purpose="service")

    assert mari.tenant.client.get(f"{other.path}/consent-receipts").json["items"] == []
    assert other_tenant.client.get(f"{mari.path}/consent-receipts").status_code == 404
