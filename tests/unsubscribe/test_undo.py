import re
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_service.keyring import Keyring
from crm_service.unsubscribe import reaching, undo_proof
from crm_service.unsubscribe.tokens import Link
from tests.factories import Tenant
from tests.unsubscribe.people import EMAIL, Recipient, link_path

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEYRING = Keyring.create()
LINK = Link(7, "email", uuid.UUID(int=1), 9, 3)
CLICK = uuid.UUID(int=77)


def press_button(mari: Recipient, **fields: str) -> str:
    """Press the page's button and return the proof that its result page holds."""
    page = mari.browser.post(mari.path, data={"via": "page", **fields}).text
    return str(re.findall(r'name="proof" value="(\w+)"', page)[0])


@pytest.mark.rule(14)
def test_undo_restores_what_the_click_took(mari: Recipient, tenant: Tenant) -> None:
    check = {"topic": "offers", "channel": "email", "emails": [EMAIL]}
    proof = press_button(mari)

    answer = mari.browser.post(mari.path + "/undo", data={"proof": proof})

    assert answer.status_code == 200
    assert "Undone" in answer.text
    assert mari.blocks() == set()
    verdict = tenant.client.post("/v1/eligibility-checks", json=check).json["results"][0]
    assert verdict["eligible"] is True


@pytest.mark.rule(14)
def test_a_second_undo_changes_nothing(mari: Recipient) -> None:
    proof = press_button(mari)
    mari.browser.post(mari.path + "/undo", data={"proof": proof})
    stored = mari.stored()

    answer = mari.browser.post(mari.path + "/undo", data={"proof": proof})

    assert answer.status_code == 409
    assert "Nothing was changed now." in answer.text
    assert "you stay unsubscribed" not in answer.text
    assert mari.stored() == stored


@pytest.mark.rule(10, 14)
def test_undo_after_30_minutes_is_refused(mari: Recipient, monkeypatch: pytest.MonkeyPatch) -> None:
    proof = press_button(mari)
    later = datetime.now(UTC) + timedelta(minutes=30, seconds=2)
    monkeypatch.setattr(reaching, "utcnow", lambda: later)

    answer = mari.browser.post(mari.path + "/undo", data={"proof": proof})

    assert answer.status_code == 409
    assert "you stay unsubscribed" in answer.text
    assert mari.blocks() == {("topic", "offers")}


@pytest.mark.rule(10, 14)
@pytest.mark.parametrize("proof", ["", "x", "a" * 56, "ß" * 56, "a" * 5000])
def test_a_link_alone_undoes_nothing(mari: Recipient, proof: str) -> None:
    press_button(mari)

    answer = mari.browser.post(mari.path + "/undo", data={"proof": proof})

    assert answer.status_code == 409
    assert mari.blocks() == {("topic", "offers")}


@pytest.mark.rule(14)
def test_the_proof_of_one_link_undoes_nothing_through_another(
    mari: Recipient, tenant: Tenant
) -> None:
    proof = press_button(mari)
    other = link_path(tenant, EMAIL, "news")

    answer = mari.browser.post(other + "/undo", data={"proof": proof})

    assert answer.status_code == 409
    assert mari.blocks() == {("topic", "offers")}


@pytest.mark.rule(14)
def test_a_complaint_since_then_stands_against_undo(mari: Recipient, tenant: Tenant) -> None:
    proof = press_button(mari)
    block = {"email": EMAIL, "scope": "all", "reason": "complaint"}
    assert tenant.client.post("/v1/suppressions", json=block).status_code == 201

    answer = mari.browser.post(mari.path + "/undo", data={"proof": proof})

    assert answer.status_code == 409
    assert mari.blocks() == {("topic", "offers"), ("all", None)}


@pytest.mark.rule(14)
def test_a_repeated_click_offers_no_undo_of_the_first(mari: Recipient) -> None:
    press_button(mari)

    page = mari.browser.post(mari.path, data={"via": "page"}).text

    assert "You have left" in page
    assert "/undo" not in page


@given(click=st.uuids(), seconds=st.floats(0, 1799))
def test_a_proof_names_its_click_for_half_an_hour(click: uuid.UUID, seconds: float) -> None:
    proof = undo_proof.issue(KEYRING, LINK, click, NOW)

    assert undo_proof.read(KEYRING, LINK, proof, NOW + timedelta(seconds=seconds)) == click
    assert undo_proof.read(KEYRING, LINK, proof, NOW + timedelta(seconds=1801)) is None


@given(at=st.integers(0, 55), character=st.sampled_from("abcdefghijklmnopqrstuvwxyz234567A=-"))
def test_a_proof_with_any_character_changed_is_refused(at: int, character: str) -> None:
    proof = undo_proof.issue(KEYRING, LINK, CLICK, NOW)

    changed = proof[:at] + character + proof[at + 1 :]

    expected = CLICK if changed == proof else None
    assert undo_proof.read(KEYRING, LINK, changed, NOW) == expected


@given(text=st.text())
def test_text_that_is_no_proof_is_refused(text: str) -> None:
    assert undo_proof.read(KEYRING, LINK, text, NOW) is None


def test_a_proof_outlives_a_new_link_key() -> None:
    rotated = Keyring(KEYRING.keys | {"link": KEYRING.keys["link"] | {2: b"\7" * 32}})

    proof = undo_proof.issue(KEYRING, LINK, CLICK, NOW)

    assert undo_proof.read(rotated, LINK, proof, NOW) == CLICK
