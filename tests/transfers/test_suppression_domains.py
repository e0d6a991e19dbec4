import pytest

from tests.factories import Tenant
from tests.transfers.suppression_lists import Admin, Lists, blocks, make_topic, register, verdict

AT, BELOW, ELSEWHERE = "ann@example.com", "bob@Mail.Example.com", "eve@notexample.com"


def block(tenant: Tenant, domain: str, **facts: object) -> dict[str, object]:
    new = {"domain": domain, "scope": "marketing", "reason": "manual", **facts}
    answer = tenant.client.post("/v1/suppressions", json=new)
    assert answer.status_code == 201, answer.json
    made: dict[str, object] = answer.json
    return made


@pytest.fixture
def people(lists: Lists, tenant: Tenant) -> Tenant:
    """Three people who consented: at a domain, below it, and at one that only looks alike."""
    for email in (AT, BELOW, ELSEWHERE):
        register(tenant, email)
    return tenant


@pytest.mark.rule(1, 9)
@pytest.mark.parametrize(
    ("entry", "eligible"),
    [
        ("example.com", [False, True, True]),
        ("@Example.COM", [False, True, True]),
        ("*@example.com", [False, True, True]),
        ("*.example.com", [False, False, True]),
        ("mail.example.com", [True, False, True]),
        ("*.mail.example.com", [True, False, True]),
        ("example.org", [True, True, True]),
    ],
)
def test_a_domain_covers_its_addresses_and_a_wildcard_those_below_it_as_well(
    people: Tenant, entry: str, eligible: list[bool]
) -> None:
    block(people, entry)

    found = [verdict(people, email)["eligible"] for email in (AT, BELOW, ELSEWHERE)]

    assert found == eligible


@pytest.mark.rule(22, 23)
def test_a_verdict_says_why_also_by_contact_and_for_an_address_nobody_has(people: Tenant) -> None:
    block(people, "*.example.com", reason="complaint", scope="all")
    contact = people.client.post("/v1/contacts/lookup", json={"email": BELOW}).json["id"]
    asked = {"topic": "news", "channel": "email"}

    by_address = verdict(people, "nobody@example.com")
    answer = people.client.post("/v1/eligibility-checks", json={**asked, "contact_ids": [contact]})

    said = {"reasons": ["suppressed"], "suppressions": [{"scope": "all", "reason": "complaint"}]}
    assert by_address == {"email": "nobody@example.com", "eligible": False, **said}
    assert answer.json["results"] == [{"contact_id": contact, "eligible": False, **said}]


@pytest.mark.rule(22)
def test_a_stream_heeds_domains_too(people: Tenant) -> None:
    block(people, "example.com")

    answer = people.client.post(
        "/v1/eligibility-checks?topic=news&channel=email",
        data=f'"{AT}"\n"{ELSEWHERE}"\n',
        content_type="application/x-ndjson",
        buffered=True,
    )

    first, second = answer.text.splitlines()
    assert '"suppressed"' in first
    assert '"eligible":true' in second


@pytest.mark.rule(9, 21)
def test_an_audience_leaves_out_everybody_at_a_blocked_domain(people: Tenant) -> None:
    block(people, "*.example.com")

    answer = people.client.get("/v1/audiences/news?channel=email&format=ndjson")

    assert answer.status_code == 200
    assert [line for line in answer.text.splitlines() if "example.com" in line] == [
        line for line in answer.text.splitlines() if ELSEWHERE in line
    ]
    assert len(answer.text.splitlines()) == 1


@pytest.mark.rule(3)
def test_a_scope_is_that_of_an_address_and_marketing_never_stops_service_mail(
    people: Tenant,
) -> None:
    make_topic(people, "tips")
    service = {"slug": "receipts", "name": {"en": "R"}, "category": "service"}
    people.client.post("/v1/topics", json=service)

    block(people, "example.com", scope={"topic": "tips"})

    assert verdict(people, AT)["eligible"] is True
    assert verdict(people, AT, topic="tips")["reasons"][0] == "suppressed"
    block(people, "example.com")
    assert "suppressed" not in verdict(people, AT, topic="receipts")["reasons"]
    block(people, "example.com", reason="hard_bounce")
    assert verdict(people, AT, topic="receipts")["reasons"][0] == "suppressed"


@pytest.mark.rule(8)
def test_a_domain_has_one_spelling(lists: Lists, tenant: Tenant) -> None:
    register(tenant, "ann@bücher.example.com")

    made = block(tenant, "BÜCHER.example.com")

    assert made["domain"] == "xn--bcher-kva.example.com"
    assert verdict(tenant, "ann@xn--bcher-kva.example.com")["eligible"] is False
    assert verdict(tenant, "ann@bücher.example.com")["eligible"] is False


@pytest.mark.rule(2, 4)
def test_a_domain_can_be_read_looked_up_and_lifted_like_any_block(people: Tenant) -> None:
    made = block(people, "*.example.com", note="asked by their office")

    again = people.client.post(
        "/v1/suppressions",
        json={"domain": "*.example.com", "scope": "marketing", "reason": "manual"},
    )
    path = f"/v1/suppressions/{made['id']}"
    lookups = [{"domain": "*.example.com"}, {"email": BELOW}]
    found = [people.client.post("/v1/suppressions/lookup", json=one).json for one in lookups]

    assert (again.status_code, again.json) == (200, made)
    assert (made["kind"], made["domain"], made["note"]) == (
        "domain",
        "*.example.com",
        "asked by their office",
    )
    assert found == [{"items": [made]}] * 2
    assert people.client.get(path).json == made
    lifted = people.client.post(f"{path}/lift", json={"justification": "blocked by mistake"})
    assert lifted.status_code == 200
    assert verdict(people, AT)["eligible"] is True


@pytest.mark.rule(9, 25)
def test_domains_come_in_lists_too(people: Tenant, lists: Lists, admin: Admin) -> None:
    result = lists.take("domain,reason\n*.example.com,complaint\nnotexample.com,\nnot a domain,\n")

    assert result.outcomes == {"added": 2, "rejected": 1}
    assert {one["kind"] for one in blocks(admin, people)} == {"domain"}
    assert [verdict(people, one)["eligible"] for one in (AT, BELOW, ELSEWHERE)] == [False] * 3
    told = "SELECT count(*) FROM events WHERE controller_id = %s AND type = 'suppression.added.v1'"
    assert admin.execute(told, (people.controller_id,)).fetchone() == (2,)


@pytest.mark.parametrize(
    "domain", ["com", "*.com", "*", "a b.example.com", "ann@example.com", "*.*.example.com"]
)
def test_what_is_no_domain_is_refused(tenant: Tenant, domain: str) -> None:
    new = {"domain": domain, "scope": "all", "reason": "manual"}

    answer = tenant.client.post("/v1/suppressions", json=new)

    assert (answer.status_code, answer.json["code"]) == (422, "invalid_domain")


@pytest.mark.rule(36)
def test_another_controllers_domain_blocks_nobody_here(
    people: Tenant, other_tenant: Tenant
) -> None:
    block(other_tenant, "*.example.com", scope="all")

    assert verdict(people, AT)["eligible"] is True
