"""What nobody sees is in no name, id or campaign; what scripts need is."""

from typing import Any

import pytest

from tests.contacts.register import register
from tests.factories import Tenant

HIDDEN = [
    "a\u202eb",
    "bell\u0007",
    "\u001b[31mred",
    "x\r\nX: 1",
    "tab\there",
    "\u2067x",
    "c1\u0085",
]


@pytest.mark.parametrize("text", HIDDEN)
@pytest.mark.parametrize("field", ["first_name", "external_id", "company"])
def test_a_line_with_what_nobody_sees_is_refused_by_its_field(
    tenant: Tenant, field: str, text: str
) -> None:
    person = register(tenant)

    answer = tenant.client.patch(
        f"/v1/contacts/{person['id']}",
        json={field: text, "source": {"kind": "api"}},
        headers={"If-Match": "*"},
    )

    assert (answer.status_code, answer.json["code"]) == (422, "invalid_request")
    assert list(answer.json["errors"]) == [field]


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"attributes": {"segment": "go\u202eld"}}, "attributes.segment"),
        ({"source": {"kind": "api", "reference": "a\nb"}}, "source.reference"),
        ({"notes": "bell\u0007"}, "notes"),
    ],
)
def test_what_lies_deeper_is_named_by_its_path(
    tenant: Tenant, facts: dict[str, Any], field: str
) -> None:
    said = {"email": "mari@example.com", "source": {"kind": "api"}, **facts}

    answer = tenant.client.post("/v1/contacts", json=said)

    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])


@pytest.mark.parametrize("name", ["مریم\u200cپور", "נועה", "क्\u200dष", "Zoë", "O'Brien \\ Söhne"])
def test_names_of_every_script_are_kept_as_they_are(tenant: Tenant, name: str) -> None:
    person = register(tenant, first_name=name, notes="first line\n\tsecond \u2067line\u2069")

    assert person["first_name"] == name
    assert person["notes"] == "first line\n\tsecond \u2067line\u2069"


def test_a_campaign_of_a_check_and_a_parameter_are_lines_too(tenant: Tenant) -> None:
    asked = {"topic": "news", "channel": "email", "emails": ["mari@example.com"]}

    checked = tenant.client.post(
        "/v1/eligibility-checks", json={**asked, "campaign": "a\r\nBcc: x@example.com"}
    )
    listed = tenant.client.get("/v1/contacts", query_string={"external_id": "a\u202eb"})

    assert (checked.status_code, list(checked.json["errors"])) == (422, ["campaign"])
    assert (listed.status_code, list(listed.json["errors"])) == (422, ["external_id"])
