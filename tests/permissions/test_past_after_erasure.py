import pytest

from crm_service.clock import utcnow
from tests.permissions.person import Person, consent


@pytest.mark.rule(19)
@pytest.mark.clause("ws-06")
def test_consent_recorded_again_after_an_erasure_does_not_rewrite_the_past(mari: Person) -> None:
    mari.grant()
    mari.click()
    after_the_click = utcnow().isoformat()
    assert mari.tenant.client.delete(mari.path).status_code == 204
    again = mari.tenant.client.put(
        "/v1/contacts", json={"email": mari.email, "source": {"kind": "event"}}
    )
    assert again.json["id"] == str(mari.id)
    mari.grant(evidence=consent("2026-03-01T10:00:00Z"))

    stood = mari.stands(after_the_click)

    assert stood == {("offers", "consent"): "withdrawn"}
    assert mari.reasons() == ["suppressed"]


@pytest.mark.rule(16, 19)
@pytest.mark.clause("ws-06")
def test_consent_given_after_a_refusal_stands_from_then_on_in_the_past_too(mari: Person) -> None:
    mari.grant()
    mari.state("withdrawn")
    refused = utcnow().isoformat()
    mari.grant(evidence=consent(utcnow().isoformat()))

    stood = [mari.stands(at) for at in (refused, utcnow().isoformat())]

    assert [one["offers", "consent"] for one in stood] == ["withdrawn", "granted"]
