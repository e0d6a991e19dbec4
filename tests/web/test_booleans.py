"""A boolean of a body is true or false: what only resembles one is refused, nothing stored."""

import pytest

from tests.factories import Tenant
from tests.recipients.register import MAILHOUSE


@pytest.mark.rule(17)
@pytest.mark.parametrize("resembling", [0, 1, "false", "off", "true"])
def test_what_only_resembles_a_boolean_is_refused(tenant: Tenant, resembling: object) -> None:
    recipient = {**MAILHOUSE, "stores_elsewhere": resembling}

    answer = tenant.client.post("/v1/recipients", json=recipient)

    assert (answer.status_code, answer.json["code"]) == (422, "invalid_request")
    assert answer.json["errors"] == {"stores_elsewhere": ["Not a valid boolean."]}
    assert not tenant.client.get("/v1/recipients").json["items"]
