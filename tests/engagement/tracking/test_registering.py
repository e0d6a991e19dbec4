"""Where links may lead: nothing else is ever signed."""

import pytest
from flask import Flask

from tests.engagement.tracking.readers import SHOP, Reader, register
from tests.factories import Tenant, load_policy, make_tenant


def test_a_destination_has_one_reference_and_each_controller_its_own(
    tenant: Tenant, other_tenant: Tenant
) -> None:
    first = register(tenant, SHOP, "http://example.net/", SHOP).json["links"]
    again = register(tenant, SHOP).json["links"]
    others = register(other_tenant, SHOP).json["links"]

    assert [one["url"] for one in first] == [SHOP, "http://example.net/", SHOP]
    assert first[0] == first[2] == again[0]
    assert len({first[0]["ref"], first[1]["ref"], others[0]["ref"]}) == 3
    assert all(len(one["ref"]) == 24 for one in first)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,hello",
        "vbscript:x",
        "mailto:mari@example.com",
        "ftp://example.com/",
        "//example.com/",
        "/spring",
        "example.com",
        "https:example.com",
        "https:///example.com",
        "https://",
        "https://?x",
        "https://user@example.com/",
        "https://user:secret@example.com/",
        "https://example.com@evil.example.net/",
        "https://example.com\\@evil.example.net/",
        "https://example.com/\r\nSet-Cookie: a=b",
        "https://example.com/\nLocation: https://evil.example.net",
        "https://example.com/ space",
        " https://example.com/",
        "https://example.com/\t",
        "https://example.com/\u2028",
        'https://example.com/"><script>alert(1)</script>',
        "https://example.com/<script>",
        "https://exämple.com/",
        "https://example.com:port/",
        "https://example.com:99999/",
        "https://[::1/",
        "https://-.example.com/",
        "https://example.com/{{email}}",
        "https://example.com/?to=mari@example.com",
        "https://example.com/mari%40example.com/",
        "https://example.com/#mari%2540example.com",
        "https://example.com/" + "x" * 2000,
    ],
)
def test_what_is_no_web_address_is_refused(tenant: Tenant, url: str) -> None:
    answer = register(tenant, SHOP, url)

    assert answer.status_code == 422
    assert answer.json["code"] in {"invalid_url", "invalid_request"}
    assert "0" not in {name.rpartition(".")[2] for name in answer.json["errors"]}


@pytest.mark.rule(31)
@pytest.mark.parametrize(
    "url",
    [
        "https://crm.example.com/u/" + "aeaq" * 18,
        "https://CRM.example.com./U/x",
        "http://crm.example.com/u/x",
        "https://crm.example.com:443/u/x",
        "https://crm.example.com/r/x",
        "https://crm.example.com/o/x",
    ],
)
def test_the_way_out_is_never_tracked(tenant: Tenant, url: str) -> None:
    answer = register(tenant, url)

    assert (answer.status_code, answer.json["code"]) == (422, "own_link")
    assert list(answer.json["errors"]) == ["urls.0"]


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com",
        "HTTPS://Example.COM:8443/a%20b?q=%0D%0A&r=[1]#f",
        "https://192.0.2.1/",
        "https://[2001:db8::1]:8080/",
        "https://example.com/@mari/u/x",
        "https://xn--exmple-cua.com/",
        "https://other.example.com/u/x",
    ],
)
def test_a_click_leads_exactly_where_the_link_was_registered_to(tracked: Reader, url: str) -> None:
    answer = tracked.load(tracked.link(url))

    assert answer.status_code == 302
    assert answer.headers["Location"] == url


@pytest.mark.rule(31)
def test_a_policy_without_tracking_registers_nothing(app: Flask) -> None:
    policy = load_policy()
    del policy["tracking"]

    answer = register(make_tenant(app, policy=policy), SHOP)

    assert (answer.status_code, answer.json["code"]) == (422, "no_tracking_purpose")


@pytest.mark.rule(37)
def test_only_a_key_that_may_create_links_registers_any(tenant: Tenant) -> None:
    narrow = tenant.client_with("contacts:read")

    assert narrow.post("/v1/tracking-links", json={"urls": [SHOP]}).status_code == 403
