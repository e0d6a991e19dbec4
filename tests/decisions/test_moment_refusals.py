"""What cannot be proved of a moment is refused; nobody learns what is not theirs."""

from typing import Any

import pytest

from tests.decisions.moments import ask_moment, now, proof_file, record_of
from tests.factories import Tenant
from tests.permissions.person import Person, audited, make_person


@pytest.mark.rule(36)
def test_another_controller_learns_nothing(mari: Person, other_tenant: Tenant) -> None:
    mari.grant()
    at = now()
    make_person(other_tenant, mari.admin, email="other@example.org")
    proof = proof_file(mari, at)

    asked = {"topic": "offers", "at": at}
    by_email = ask_moment(other_tenant.client, email=mari.email, **asked)
    by_id = ask_moment(other_tenant.client, contact_id=str(mari.id), **asked)
    record = other_tenant.client.get(f"/v1/proof-records/{mari.id}")

    assert by_email.json["verdict"]["reasons"] == ["unknown_address"]
    assert (by_email.json["entries"], by_email.json["address"]["subject_ids"]) == ([], [])
    assert (by_id.status_code, by_id.json["code"]) == (404, "contact_not_found")
    assert (record.status_code, record.json["code"]) == (404, "proof_not_found")
    assert record_of(mari, proof)


@pytest.mark.rule(37)
def test_a_proof_needs_the_scope_of_the_audit_log(mari: Person) -> None:
    client = mari.tenant.client_with("permissions:read", "eligibility:check")

    answer = ask_moment(client, email=mari.email, topic="offers", at=now())

    assert (answer.status_code, answer.json["code"]) == (403, "insufficient_scope")


@pytest.mark.rule(21, 39)
@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"topic": "offers"}, "invalid_request"),
        ({"at": "2026-11-22T10:00:00", "topic": "offers"}, "invalid_request"),
        ({"at": "NOW"}, "invalid_request"),
        ({"at": "NOW", "topic": "offers", "phone": "+372 5123 4567"}, "invalid_request"),
        ({"at": "NOW", "topic": "offers", "channel": "pigeon"}, "invalid_request"),
        ({"at": "2999-01-01T00:00:00Z", "topic": "offers"}, "moment_in_future"),
        ({"at": "2001-01-01T00:00:00Z", "topic": "offers"}, "before_register"),
        ({"at": "NOW", "topic": "weather"}, "unknown_topic"),
        ({"at": "NOW", "purpose": "astrology"}, "unknown_purpose"),
        ({"at": "NOW", "topic": "offers", "purpose": "service"}, "topic_of_other_purpose"),
        ({"at": "NOW", "purpose": "marketing", "channel": "none"}, "channel_not_allowed"),
        ({"at": "NOW", "topic": "offers", "channel": "sms"}, "wrong_address_kind"),
    ],
)
def test_what_cannot_be_proved_is_refused_and_leaves_no_trace(
    mari: Person, given: dict[str, Any], code: str
) -> None:
    stated = {**given, "at": now()} if given.get("at") == "NOW" else given

    answer = ask_moment(mari.tenant.client, email=mari.email, **stated)

    assert (answer.status_code, answer.json["code"]) == (422, code), answer.json
    assert mari.email not in answer.text
    assert audited(mari.admin, mari.tenant, "permissions.prove") == []
