"""What surrounds every request."""

import pytest
from flask.testing import FlaskClient

from tests.factories import Tenant


@pytest.mark.parametrize("path", ["/livez", "/nowhere", "/v1/keys"])
def test_every_answer_bears_the_security_headers(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Strict-Transport-Security"]


def test_a_request_keeps_the_id_it_came_with(client: FlaskClient) -> None:
    sent = "0f8fad5b-d9cb-469f-a165-70867728950e"

    answer = client.get("/nowhere", headers={"X-Request-Id": sent})

    assert answer.headers["X-Request-Id"] == sent
    assert answer.get_json()["request_id"] == sent


@pytest.mark.rule(39)
def test_an_id_that_could_be_a_person_is_replaced(client: FlaskClient) -> None:
    answer = client.get("/livez", headers={"X-Request-Id": "grace.hopper@example.com"})

    assert "grace" not in answer.headers["X-Request-Id"]


@pytest.mark.rule(39)
def test_metrics_count_by_template_and_hold_nothing_that_was_sent(tenant: Tenant) -> None:
    tenant.client.get("/v1/keys/0f8fad5b-d9cb-469f-a165-70867728950e")
    tenant.client.get("/nowhere-grace@example.com")
    tenant.client.open("/livez", "ADA")

    text = tenant.client.get("/metrics").text

    assert 'route="/v1/keys/<uuid:key_id>",status="404"' in text
    assert 'method="other"' in text
    assert not [sent for sent in ("0f8fad5b", "grace", "ADA", tenant.slug) if sent in text]


def test_times_are_spelled_in_utc_with_z(tenant: Tenant) -> None:
    [key] = tenant.client.get("/v1/keys").json["items"]

    assert key["created_at"].endswith("Z")
