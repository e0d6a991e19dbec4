"""After a withdrawal nothing more is collected for its purpose (clause no-10)."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from crm_service.clock import utcnow
from tests.permissions.person import EVIDENCE, Admin, Person, consent
from tests.recipients.register import under
from tests.rights.asking import ask
from tests.transfers.files import bring, contacts, write

NEEDED = {"basis": "contract", "reference": "order 2026/17"}
CALL = {"kind": "call", "occurred_at": "2026-03-01T10:00:00Z"}
MARKETING = {"purpose": "marketing"}
ADDRESS = {"street": "Storgata 1", "postal_code": "0155", "city": "Bergen"}


@pytest.fixture
def mari(app: Flask, admin: Admin) -> Person:
    """A customer who withdrew her consent to marketing, under the policy that stops then."""
    person = under(app, admin, "cantec-no")
    person.change(**ADDRESS)
    person.grant("contract", purpose="service")
    person.grant("consent", **MARKETING)
    assert person.state("withdrawn", **MARKETING).status_code == 201
    return person


def refused(answer: Any) -> list[str]:
    """Return the purposes for which nothing more is collected."""
    assert (answer.status_code, answer.json["code"]) == (409, "processing_stopped"), answer.json
    purposes: list[str] = answer.json["purposes"]
    return purposes


@pytest.mark.clause("no-10")
def test_what_is_declared_for_the_purpose_is_collected_no_more(mari: Person) -> None:
    for_marketing = mari.change(attributes={"interests": "drills"})
    for_service = mari.change(attributes={"delivery_note": "ring twice"}, city="Oslo")
    call = mari.tenant.client.post(f"{mari.path}/interactions", json={**CALL, **MARKETING})

    assert (refused(for_marketing), refused(call)) == (["marketing"], ["marketing"])
    assert for_service.status_code == 200
    kept = mari.tenant.client.get(mari.path).json["attributes"]
    assert kept == {"delivery_note": "ring twice"}
    assert mari.tenant.client.get(f"{mari.path}/interactions").json["items"] == []


@pytest.mark.clause("no-10")
def test_an_agreement_or_the_law_may_need_it_and_that_is_kept(mari: Person, admin: Admin) -> None:
    change = mari.change(attributes={"interests": "drills"}, necessary_for=NEEDED)
    other = mari.change(
        attributes={"interests": "saws"}, necessary_for={**NEEDED, "basis": "consent"}
    )

    assert change.status_code == 200
    assert refused(other) == ["marketing"]
    kept = admin.execute(
        "SELECT barred_by, basis, reference, fields FROM exceptional_processing"
        " WHERE subject_id = %s",
        (mari.id,),
    ).fetchall()
    assert kept == [("processing_stopped", "contract", "order 2026/17", ["attributes"])]


@pytest.mark.clause("no-10")
def test_what_was_collected_for_the_purpose_may_be_emptied(app: Flask, admin: Admin) -> None:
    person = under(app, admin, "cantec-no")
    person.grant("consent", **MARKETING)
    person.change(attributes={"interests": "drills"})
    person.state("withdrawn", **MARKETING)

    emptied = person.change(attributes={"interests": None})

    assert emptied.status_code == 200, emptied.json
    assert person.tenant.client.get(person.path).json["attributes"] == {}


@pytest.mark.clause("no-10")
def test_without_any_other_basis_nothing_at_all_is_added(app: Flask, admin: Admin) -> None:
    person = under(app, admin, "cantec-no")
    person.grant("consent", **MARKETING)
    person.state("withdrawn", **MARKETING)

    added = person.change(city="Oslo")
    emptied = person.change(first_name=None, last_name="Tamm")

    assert refused(added) == ["marketing"]
    assert emptied.status_code == 200


@pytest.mark.rule(16)
@pytest.mark.clause("no-10")
def test_only_fresh_consent_begins_it_again(mari: Person) -> None:
    old = mari.state("granted", **MARKETING, evidence=EVIDENCE["consent"])

    assert old.json.get("outcome") != "recorded"
    assert refused(mari.change(attributes={"interests": "drills"})) == ["marketing"]

    mari.grant("consent", **MARKETING, evidence=consent(utcnow().isoformat()))

    assert mari.change(attributes={"interests": "drills"}).status_code == 200
    assert mari.tenant.client.get(mari.path).json["attributes"] == {"interests": "drills"}
    call = mari.tenant.client.post(f"{mari.path}/interactions", json={**CALL, **MARKETING})
    assert call.status_code == 201


@pytest.mark.rule(30, 31)
@pytest.mark.clause("no-10")
def test_opens_and_clicks_are_kept_no_more_but_bounces_are(mari: Person) -> None:
    at = {"email": mari.email, "occurred_at": "2026-03-01T10:00:00Z"}
    events = [{"event_id": k, "type": k, **at} for k in ("delivered", "opened", "clicked")]

    mari.tenant.client.post("/v1/engagement-events", json={"events": events})

    history = mari.tenant.client.get(f"{mari.path}/history").json["items"]
    assert [one["what"] for one in history if one["kind"] == "engagement"] == ["delivered"]


@pytest.mark.clause("no-10")
def test_an_import_leaves_it_out_and_says_so(mari: Person, admin: Admin, tmp_path: Path) -> None:
    header = ["Email", "City", "attributes.interests"]
    row = {"Email": mari.email, "City": "Oslo", "attributes.interests": "drills"}

    imported = bring(mari.tenant, write(tmp_path / "f.csv", row, header=header))

    [contact] = contacts(admin, mari.tenant).values()
    assert (imported.outcomes, imported.warnings) == (["updated"], [["processing_stopped"]])
    assert (contact["city"], contact["attributes"]) == ("Oslo", {})


@pytest.mark.clause("no-10")
def test_a_withdrawal_by_request_stops_it_too(app: Flask, admin: Admin) -> None:
    person = under(app, admin, "cantec-no")
    person.change(**ADDRESS)
    person.grant("contract", purpose="service")
    person.grant("consent", **MARKETING)

    ask(person.tenant, "withdrawal", contact_id=str(person.id))

    assert refused(person.change(attributes={"interests": "drills"})) == ["marketing"]


def test_a_policy_that_does_not_say_so_stops_nothing(app: Flask, admin: Admin) -> None:
    person = under(app, admin, "cantec-ee")
    person.grant("consent", **MARKETING)
    person.state("withdrawn", **MARKETING)

    assert person.change(city="Tartu").status_code == 200
