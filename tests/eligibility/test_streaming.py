import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from crm_service.eligibility import asking, streaming
from crm_service.unsubscribe import tokens
from tests.factories import KeyClient, Tenant
from tests.permissions.person import Person, audited, make_person, phone_key

NDJSON = {"Content-Type": "application/x-ndjson"}
QUESTION = {"topic": "offers", "channel": "email"}


def send(tenant: Tenant, body: bytes, **query: str) -> Any:
    return tenant.client.post(
        "/v1/eligibility-checks",
        data=body,
        headers=NDJSON,
        query_string=QUESTION | query,
        buffered=True,
    )


def opened(tenant: Tenant, body: bytes, **query: str) -> Any:
    """Return an answer whose parts the test takes one by one, in its own context."""
    client = KeyClient(FlaskClient(tenant.app, tenant.app.response_class), tenant.key)
    return client.post(
        "/v1/eligibility-checks", data=body, headers=NDJSON, query_string=QUESTION | query
    )


def results(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200
    return [json.loads(line) for line in answer.data.splitlines()]


@pytest.mark.rule(22)
@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\n\n \n"])
def test_a_line_may_be_text_or_an_object_and_the_last_may_lack_its_end(
    mari: Person, end: bytes
) -> None:
    mari.grant()
    body = b'"mari@example.com"\n{"email": "Mari@Example.com"}\r\n\n"x"' + end

    found = results(send(mari.tenant, body))

    assert [one["email"] for one in found] == ["mari@example.com", "Mari@Example.com", "x"]
    assert [one["reasons"] for one in found] == [[], [], ["invalid_address"]]


@pytest.mark.rule(21, 22)
@pytest.mark.parametrize(
    "line",
    [
        b"mari@example.com",
        b"{",
        b'"open',
        b"[]",
        b"null",
        b"1",
        b'{"mail": "mari@example.com"}',
        b'{"email": null}',
        b'{"email": ["mari@example.com"]}',
        b'"\xff\xfe"',
        b'"\\ud800"',
        b"\x00",
        b'"' + b"x" * 4_095 + b'@example.com"',
        b'"' + b"x" * 300_000 + b'@example.com"',
        b'"mari@example.com" "mari@example.com"',
    ],
)
def test_a_line_that_is_no_address_is_a_no_and_stops_nothing(mari: Person, line: bytes) -> None:
    mari.grant()
    good = b'"mari@example.com"\n'

    found = results(send(mari.tenant, good + line + b"\n" + good))

    assert [one["reasons"] for one in found] == [[], ["invalid_address"], []]
    assert len(found[1]["email"]) <= asking.MAX_TEXT


@pytest.mark.rule(1, 8, 22)
def test_a_stream_says_of_every_address_what_a_call_says(mari: Person) -> None:
    mari.grant()
    mari.suppress("complaint", email="blocked@example.com")
    mari.suppress("manual", {"topic": "offers"}, email="blocked@example.com")
    mari.suppress("hard_bounce", "all", email="long." + "x" * 60 + "@example.com")
    asked = [
        mari.email, mari.email.upper(), f" {mari.email}", mari.email.replace("@", "+a@"),
        "blocked@example.com", "Blocked@Example.com", "nobody@example.com", "no address", "", "ä",
        "long." + "x" * 60 + "@example.com", "long." + "x" * 40 + "@example.com",
        "x@xn--nxasmq6b.example.com", "x@a--b.example.com", "o'neil@example.com", 'a"b@example.com',
    ]  # fmt: skip
    body = "".join(json.dumps(email) + "\r\n" for email in asked).encode()

    streamed = results(send(mari.tenant, body))

    called = mari.tenant.client.post("/v1/eligibility-checks", json=QUESTION | {"emails": asked})
    assert streamed == called.json["results"]
    assert len({json.dumps(one["reasons"]) for one in streamed}) >= 4


@pytest.mark.rule(22)
def test_no_line_at_all_is_no_result_and_still_a_decision(mari: Person) -> None:
    answer = send(mari.tenant, b"")

    assert results(answer) == []
    [entry] = audited(mari.admin, mari.tenant, "eligibility.check")
    assert (entry["count"], entry["details"]["eligible"]) == (0, 0)


@pytest.mark.rule(22, 38)
def test_fifty_thousand_lines_come_back_in_order_as_one_decision(mari: Person) -> None:
    mari.grant()
    asked = [mari.email if n % 10_000 == 7 else f"p{n}@example.com" for n in range(50_000)]
    body = "".join(f'"{email}"\n' for email in asked).encode()

    answer = send(mari.tenant, body, include="links")

    found = results(answer)
    assert [one["email"] for one in found] == asked
    assert sum(one["eligible"] for one in found) == 5
    assert all("unsubscribe_url" in one for one in found)
    [entry] = audited(mari.admin, mari.tenant, "eligibility.check")
    assert (entry["count"], entry["details"]["eligible"]) == (50_000, 5)


@pytest.mark.rule(38)
def test_a_client_that_goes_away_early_leaves_its_decision_on_record(mari: Person) -> None:
    mari.grant()
    body = (b'"mari@example.com"\n') * (streaming.BATCH + 1)
    answer = opened(mari.tenant, body, campaign="spring")
    parts = answer.iter_encoded()

    next(parts)
    parts.close()
    answer.close()

    [entry] = audited(mari.admin, mari.tenant, "eligibility.check")
    assert entry["count"] == streaming.BATCH


@pytest.mark.rule(24)
def test_who_leaves_while_the_stream_runs_is_a_no_from_then_on(mari: Person) -> None:
    mari.grant()
    body = (b'"mari@example.com"\n') * (streaming.BATCH + 1)
    parts = opened(mari.tenant, body).iter_encoded()
    first = next(parts)

    mari.click()

    rest = b"".join(parts)
    assert b'"eligible":false' not in first
    assert json.loads(rest)["reasons"] == ["suppressed", "withdrawn"]


@pytest.mark.rule(22)
def test_numbers_are_streamed_for_the_channels_that_use_them(tenant: Tenant, admin: Any) -> None:
    mari = make_person(tenant, admin, phone="+372 5123 4567")
    mari.grant(channel="sms")

    found = results(send(tenant, b'{"phone": "+37251234567"}\n', channel="sms", include="links"))

    url = found[0].pop("unsubscribe_url")
    link = tokens.read(tenant.app.extensions["crm.settings"].keyring, url[-72:])
    assert link is not None
    assert link.address_key == phone_key(tenant, "+37251234567")
    assert (found[0]["phone"], found[0]["reasons"]) == ("+37251234567", [])


@pytest.mark.parametrize(("query", "code"), [
    ({"topic": "gossip"}, "unknown_topic"),
    ({"channel": "fax"}, "unknown_channel"),
    ({"include": "everything"}, "invalid_request"),
    ({"emails": "x"}, "invalid_request"),
])  # fmt: skip
def test_a_wrong_question_is_told_before_the_first_line(
    mari: Person, query: dict[str, str], code: str
) -> None:
    answer = send(mari.tenant, b'"x"\n', **query)

    assert (answer.status_code, answer.json["code"]) == (422, code)


def pieces(body: bytes, sizes: list[int]) -> Iterator[bytes]:
    stream = io.BytesIO(body)
    for size in sizes:
        yield stream.read(size)
    while piece := stream.read(65_536):
        yield piece


@given(
    lines=st.lists(st.binary(max_size=30).map(lambda one: one.replace(b"\n", b"")), max_size=9),
    overlong=st.lists(st.integers(0, 9), max_size=2),
    sizes=st.lists(st.integers(1, 5_000), max_size=9),
    has_end=st.booleans(),
)
def test_lines_are_the_same_however_the_body_is_cut(
    lines: list[bytes], overlong: list[int], sizes: list[int], *, has_end: bool
) -> None:
    for place in overlong:
        lines.insert(place, b"y" * (streaming.MAX_LINE + 1 + place * 3_000))
    body = b"\n".join(lines) + (b"\n" if has_end else b"")
    cut = iter([piece for piece in pieces(body, sizes) if piece])

    found = list(streaming.read_lines(lambda _: next(cut, b"")))

    split = body.split(b"\n")
    expected = split[:-1] if split[-1] == b"" else split
    assert len(found) == len(expected)
    assert all(len(line) <= streaming.MAX_LINE for line in found)
    whole = [(a, b) for a, b in zip(found, expected, strict=True) if len(b) <= streaming.MAX_LINE]
    assert all(a == b for a, b in whole)
