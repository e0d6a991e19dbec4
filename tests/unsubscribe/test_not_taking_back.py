"""Over what nothing is taken back, and what stands after it (rule 14)."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.factories import Tenant
from tests.permissions.person import Admin, Person, audited, consent, make_person
from tests.unsubscribe.test_taking_back import state_everything

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


@pytest.mark.rule(14)
@pytest.mark.parametrize("reason", ["complaint", "hard_bounce", "invalid", "erasure", "objection"])
def test_nothing_is_undone_over_a_graver_block(mari: Person, reason: str) -> None:
    mari.grant()
    pressed = mari.press()
    mari.suppress(reason)
    stored = mari.stored()

    assert mari.undo(pressed) == 409

    assert mari.stored() == stored
    assert mari.blocks() == {("offers", "unsubscribe"), ("marketing", reason)}


@pytest.mark.rule(4, 14)
def test_nothing_is_undone_over_a_block_that_an_operator_set_again(mari: Person) -> None:
    mari.grant()
    pressed = mari.press()
    again = mari.suppress("unsubscribe", scope={"topic": "offers"})

    assert (again.status_code, mari.undo(pressed)) == (200, 409)

    assert mari.blocks() == {("offers", "unsubscribe")}
    assert mari.reasons() == ["suppressed", "withdrawn"]


@pytest.mark.rule(4, 14)
@pytest.mark.parametrize(("query", "status"), [
    ("?topic=offers&reason=unsubscribe", 409),
    ("?topic=offers&reason=unsubscribe&dry_run=true", 200),
    ("?topic=offers", 200),
])  # fmt: skip
def test_nothing_is_undone_over_a_block_that_a_list_set_again(
    mari: Person, query: str, status: int
) -> None:
    mari.grant()
    pressed = mari.press()

    url = f"/v1/suppressions/imports{query}"
    taken = mari.tenant.client.post(url, data=f"{mari.email}\n", content_type="text/csv")

    assert (taken.status_code, mari.undo(pressed)) == (200, status)
    assert bool(mari.reasons()) is (status == 409 or "reason" not in query)


@pytest.mark.rule(14)
def test_a_bounce_of_an_address_long_gone_does_not_stand_against_undo(mari: Person) -> None:
    mari.grant()
    mari.suppress("hard_bounce")
    mari.change(email="mari.new@example.com", phone="+372 5123 4567")
    mari.suppress("invalid", phone="+372 5123 4567")
    moved = Person(mari.tenant, mari.admin, mari.id, "mari.new@example.com")
    pressed = moved.press()

    assert moved.undo(pressed) == 200

    assert moved.reasons() == []


@pytest.mark.rule(14, 16)
@pytest.mark.parametrize("stated", [{"topic": "offers"}, {"purpose": "marketing"}])
@pytest.mark.parametrize(("state", "basis"), [("objected", LI), ("withdrawn", "consent")])
def test_nothing_is_undone_over_what_she_told_somebody_since(
    mari: Person, state: str, basis: str, stated: dict[str, str]
) -> None:
    state_everything(mari)
    pressed = mari.press()
    assert mari.state(state, basis, **stated).json["outcome"] == "recorded"

    assert mari.undo(pressed) == 409

    assert mari.blocks() == {("offers", "unsubscribe")}
    assert not mari.verdict()["eligible"]


@pytest.mark.rule(14, 15)
def test_what_she_told_about_another_topic_does_not_stand_against_undo(mari: Person) -> None:
    state_everything(mari)
    pressed = mari.press("offers")
    mari.state("objected", LI, topic="news")

    assert mari.undo(pressed) == 200

    assert mari.reasons("offers") == []
    assert mari.reasons("news") == ["objected", "withdrawn"]


@pytest.mark.rule(5, 14)
@pytest.mark.parametrize("comes_back", [False, True])
def test_nothing_is_undone_once_she_was_erased(mari: Person, *, comes_back: bool) -> None:
    mari.grant()
    pressed = mari.press()
    mari.tenant.client.delete(mari.path)
    if comes_back:
        make_person(mari.tenant, mari.admin)

    assert mari.undo(pressed) == 409

    assert mari.blocks() == {("offers", "unsubscribe")}


@pytest.mark.rule(14)
def test_a_newer_consent_is_left_as_it_is(mari: Person) -> None:
    mari.grant(evidence=consent("2026-02-01T00:00:00Z"))
    pressed = mari.press()
    mari.grant(evidence=consent(datetime.now(UTC).isoformat()))
    newer = projection(mari)

    assert mari.undo(pressed) == 200

    assert projection(mari) == newer
    assert mari.blocks() == set()


@pytest.mark.rule(14)
def test_an_operators_own_block_stands_after_undo(mari: Person) -> None:
    mari.grant()
    pressed = mari.press()
    mari.suppress("manual")

    assert mari.undo(pressed) == 200

    assert mari.blocks() == {("marketing", "manual")}


@pytest.mark.rule(14)
def test_undo_twice_restores_once(mari: Person) -> None:
    mari.grant()
    pressed = mari.press()
    mari.undo(pressed)
    stored = mari.stored()

    assert mari.undo(pressed) == 409

    assert mari.stored() == stored


@pytest.mark.rule(1, 14)
def test_a_stranger_may_take_a_click_back_too(mari: Person) -> None:
    stranger = Person(mari.tenant, mari.admin, mari.id, "stranger@example.com")
    pressed = stranger.press()
    assert stranger.blocks() == {("offers", "unsubscribe")}

    assert stranger.undo(pressed) == 200

    assert stranger.blocks() == set()
    assert stranger.reasons() == ["unknown_address"]


@pytest.mark.rule(38)
def test_undo_is_audited(mari: Person) -> None:
    mari.grant()

    mari.undo(mari.press())

    [entry] = audited(mari.admin, mari.tenant, "unsubscribe.undo")
    [click] = audited(mari.admin, mari.tenant, "unsubscribe.leave")
    assert entry["details"]["undoes"] == click["details"]["correlation"]
    assert entry["subject_id"] == str(mari.id)
