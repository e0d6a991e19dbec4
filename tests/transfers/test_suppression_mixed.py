"""Lists in JSON that name addresses, domains, numbers and hashes as they come (rule 9)."""

import pytest

from tests.factories import Tenant
from tests.transfers.suppression_lists import Admin, Lists, blocks

MIXED = """
{"email": "ann@example.com"}
{"domain": "*.example.org", "reason": "complaint"}
"bob@example.com"
{"sha256": "%s", "email": null}
"*.example.net"
{"phone": "+372 5123 4567"}
7
{"domain": "not a domain"}
{"note": "nobody"}
"nobody"
""" % ("ab" * 32)
BECAME = ["added"] * 6 + ["rejected"] * 4
WHY = [(7, "json"), (8, "invalid_address"), (9, "address_missing"), (10, "invalid_address")]


@pytest.mark.rule(1, 9)
@pytest.mark.parametrize("first", ["object", "text"])
def test_each_line_of_a_mixed_list_is_taken_for_what_it_is(
    lists: Lists, tenant: Tenant, admin: Admin, first: str
) -> None:
    lines = MIXED.strip().splitlines()
    start = 0 if first == "object" else 2
    lines[0], lines[start] = lines[start], lines[0]
    became: list[str] = []

    result = lists.take(
        "\n".join(lines),
        on_chunk=lambda _chunk, outcomes, _result: became.extend(one.name for one in outcomes),
    )

    assert (became, result.problems) == (BECAME, WHY)
    kinds = sorted((one["kind"], one["reason"]) for one in blocks(admin, tenant))
    assert kinds == [
        ("domain", "complaint"),
        ("domain", "import"),
        ("email", "import"),
        ("email", "import"),
        ("phone", "import"),
    ]


@pytest.mark.rule(9)
@pytest.mark.parametrize(
    "text",
    [
        '"ann@example.com"\n"*.example.org"\n',
        '["ann@example.com", "*.example.org"]',
        '["ann@example.com", {"domain": "*.example.org"}]',
        '[{"domain": "*.example.org"}, "ann@example.com"]',
    ],
)
def test_texts_of_json_are_addresses_and_domains(
    lists: Lists, tenant: Tenant, admin: Admin, text: str
) -> None:
    assert lists.take(text).outcomes == {"added": 2}

    assert {one["kind"] for one in blocks(admin, tenant)} == {"email", "domain"}


@pytest.mark.rule(1)
def test_a_column_of_domains_beside_addresses_blocks_no_domain(
    lists: Lists, tenant: Tenant, admin: Admin
) -> None:
    result = lists.take("email,domain\nann@example.com,example.com\n,example.org\n")

    assert result.outcomes == {"added": 1, "rejected": 1}
    assert [one["kind"] for one in blocks(admin, tenant)] == ["email"]
