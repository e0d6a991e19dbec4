"""Undo restores exactly what stood before the click, and nothing over what came after (rule 14)."""

from typing import Any

import pytest

from tests.factories import Tenant
from tests.permissions.person import Admin, Person, make_person

LI = "legitimate_interests"
PERMISSIONS = """
SELECT channel, purpose, topic_id, basis, state, since, anchor_at, address_key, entry_id
FROM permissions WHERE controller_id = %s ORDER BY 1, 2, 3, 4, 8
"""


@pytest.fixture
def mari(tenant: Tenant, admin: Admin) -> Person:
    """Mari, of whom nothing is stated yet."""
    return make_person(tenant, admin)


def projection(person: Person) -> list[Any]:
    return person.admin.execute(PERMISSIONS, (person.tenant.controller_id,)).fetchall()


def state_nothing(mari: Person) -> None:
    """Leave it at that."""


def state_consent(mari: Person) -> None:
    mari.grant()


def state_request(mari: Person) -> None:
    mari.state("pending")


def state_inherited(mari: Person) -> None:
    mari.grant(LI, purpose="marketing")


def state_everything(mari: Person) -> None:
    for state in (state_consent, state_inherited):
        state(mari)
    mari.grant("soft_opt_in")
    mari.grant(topic="news")


def state_earlier_refusal(mari: Person) -> None:
    mari.state("objected", LI, occurred_at="2026-02-01T00:00:00Z")
    mari.grant()


BEFORE = [
    state_nothing,
    state_consent,
    state_request,
    state_inherited,
    state_everything,
    state_earlier_refusal,
]


@pytest.mark.rule(14)
@pytest.mark.parametrize("fields", [{}, {"scope": "all"}])
@pytest.mark.parametrize("before", BEFORE)
def test_undo_restores_exactly_what_stood_before(
    mari: Person, before: Any, fields: dict[str, str]
) -> None:
    before(mari)
    stood, reasons = projection(mari), [mari.reasons(topic) for topic in ("offers", "news")]
    pressed = mari.press(**fields)
    assert projection(mari) != stood or before is state_nothing

    assert mari.undo(pressed) == 200

    assert projection(mari) == stood
    assert mari.blocks() == set()
    assert [mari.reasons(topic) for topic in ("offers", "news")] == reasons


@pytest.mark.rule(14, 18, 25)
def test_undo_is_an_entry_of_its_own_and_told_as_such(mari: Person) -> None:
    mari.grant()
    mari.grant(LI, purpose="marketing")

    mari.undo(mari.press())

    entries = mari.tenant.client.get(f"{mari.path}/ledger").json["items"][-2:]
    assert sorted((one["action"], one["state"]) for one in entries) == [
        ("restored", "granted"),
        ("restored", "none"),
    ]
    told = mari.events()[-2:]
    assert [kind for kind, _ in told] == ["contact.resubscribed.v1", "suppression.lifted.v1"]
    assert {data["correlation"] for _, data in told} == {entries[0]["correlation"]}
    assert told[0][1]["topic"] == "offers"


@pytest.mark.rule(14)
def test_leaving_and_undoing_may_go_on_for_as_long_as_she_likes(mari: Person) -> None:
    state_everything(mari)
    stood = projection(mari)

    for fields in ({}, {"scope": "all"}, {}):
        assert mari.undo(mari.press(**fields)) == 200

    assert projection(mari) == stood


@pytest.mark.rule(14, 15)
def test_undoing_one_click_leaves_the_other(mari: Person) -> None:
    state_everything(mari)
    offers = mari.press("offers")
    mari.press("news")

    mari.undo(offers)

    assert mari.reasons("offers") == []
    assert mari.reasons("news") == ["suppressed", "objected", "withdrawn"]


@pytest.mark.rule(14, 15)
@pytest.mark.parametrize("first", [0, 1])
def test_two_clicks_are_undone_in_either_order(mari: Person, first: int) -> None:
    state_everything(mari)
    stood = projection(mari)
    pressed = [mari.press("offers"), mari.press("news", scope="all")]

    assert [mari.undo(pressed[first]), mari.undo(pressed[1 - first])] == [200, 200]

    assert projection(mari) == stood
    assert mari.blocks() == set()


@pytest.mark.rule(6, 14)
def test_undo_restores_at_the_address_that_she_has_now(mari: Person) -> None:
    state_everything(mari)
    pressed = mari.press()
    mari.change(email="mari.new@example.com")

    assert mari.undo(pressed) == 200

    assert mari.verdict(emails=["mari.new@example.com"])["basis"] == "consent"
    assert mari.blocks("mari.new@example.com") == set()
    assert {row[7] for row in projection(mari)} == {mari.key("mari.new@example.com")}


@pytest.mark.rule(14, 20)
def test_undo_moves_no_start_of_a_term_later(mari: Person) -> None:
    mari.grant()
    pressed = mari.press()
    since_then = {
        "email": mari.email,
        "source": {"kind": "api"},
        "added_at": "2019-01-01T00:00:00Z",
    }
    mari.tenant.client.put("/v1/contacts", json=since_then)

    mari.undo(pressed)

    assert mari.reasons() == ["term_ended"]
