"""Why somebody left: asked afterwards, answered or not, erased with the person."""

import re
from typing import Any

import pytest

from crm_service.unsubscribe import reasons
from crm_service.unsubscribe.reasons import Answer
from tests.factories import Tenant
from tests.unsubscribe.people import Admin, Recipient


def press_button(mari: Recipient, **fields: str) -> str:
    """Leave, and return the proof that the page holds."""
    page = mari.browser.post(mari.path, data={"via": "page", **fields}).text
    proof: str = re.findall(r'name="proof" value="(\w+)"', page)[0]
    return proof


def answers(mari: Recipient) -> list[tuple[Any, ...]]:
    rows = mari.admin.execute(
        "SELECT t.slug, a.reason, a.comment FROM leaving_answers a"
        " LEFT JOIN topics t ON t.id = a.topic_id WHERE a.controller_id = %s",
        (mari.tenant.controller_id,),
    )
    return rows.fetchall()


def counted(mari: Recipient) -> list[tuple[Any, ...]]:
    rows = mari.admin.execute(
        "SELECT t.slug, r.reason, r.answers FROM leaving_reasons r"
        " LEFT JOIN topics t ON t.id = r.topic_id WHERE r.controller_id = %s",
        (mari.tenant.controller_id,),
    )
    return rows.fetchall()


@pytest.mark.rule(12)
def test_no_reason_is_asked_before_the_effect(mari: Recipient) -> None:
    before = mari.browser.get(mari.path).text
    after = mari.browser.post(mari.path, data={"via": "page"}).text

    assert "reason" not in before
    assert len(re.findall(r'<input type="radio" name="reason"', after)) == 5
    assert "<textarea" in after


def test_a_reason_and_own_words_are_kept_once_a_click(mari: Recipient) -> None:
    proof = press_button(mari)
    said = {"proof": proof, "reason": "too_many", "comment": " Every day!\x00\r\n<b>Really.</b> "}

    page = mari.browser.post(f"{mari.path}/reason", data=said).text
    mari.browser.post(f"{mari.path}/reason", data=said | {"reason": "other"})

    assert "Thank you for your answer." in page
    assert "Really" not in page
    assert "/undo" in page
    assert answers(mari) == [("offers", "too_many", "Every day!\n<b>Really.</b>")]
    assert counted(mari) == [("offers", "too_many", 1)]


def test_what_was_left_is_named_with_the_answer(mari: Recipient) -> None:
    proof = press_button(mari, scope="all")

    mari.browser.post(f"{mari.path}/reason", data={"proof": proof, "reason": "never_asked"})

    assert answers(mari) == [(None, "never_asked", None)]
    assert counted(mari) == [(None, "never_asked", 1)]


@pytest.mark.rule(10)
@pytest.mark.parametrize("proof", ["", "x", "a" * 56])
def test_a_link_alone_says_nothing_in_anothers_name(mari: Recipient, proof: str) -> None:
    press_button(mari)

    page = mari.browser.post(f"{mari.path}/reason", data={"proof": proof, "reason": "other"})

    assert page.status_code == 200
    assert "Thank you" not in page.text
    assert answers(mari) == []


@pytest.mark.parametrize(
    ("reason", "comment", "expected"),
    [
        ("other", "", Answer("other", None)),
        ("", "words", Answer(None, "words")),
        ("made_up", " \n ", None),
        ("", "", None),
        ("<script>", "x" * 900, Answer(None, "x" * 500)),
        ("other", "a\u202eb\x1bc", Answer("other", "abc")),
    ],
)
def test_only_what_can_be_kept_is_read(reason: str, comment: str, expected: Answer | None) -> None:
    assert reasons.read(reason, comment) == expected


def test_an_answer_is_audited_without_its_words(mari: Recipient, admin: Admin) -> None:
    proof = press_button(mari)

    mari.browser.post(f"{mari.path}/reason", data={"proof": proof, "comment": "Mari was here"})

    [entry] = admin.execute(
        "SELECT a::text FROM audit_entries a WHERE controller_id = %s"
        " AND action = 'unsubscribe.answer'",
        (mari.tenant.controller_id,),
    ).fetchall()
    assert "Mari" not in entry[0]
    assert "comment" in entry[0]


@pytest.mark.rule(33, 34)
@pytest.mark.clause("ee-10")
def test_erasure_takes_the_answer_and_leaves_the_count(mari: Recipient) -> None:
    proof = press_button(mari)
    said = {"proof": proof, "reason": "other", "comment": "I, Mari, moved to Tartu"}
    mari.browser.post(f"{mari.path}/reason", data=said)

    assert mari.tenant.client.delete(f"/v1/contacts/{mari.contact_id}").status_code == 204

    assert answers(mari) == []
    assert counted(mari) == [("offers", "other", 1)]


def test_the_page_of_a_click_is_shown_again_in_another_language_with_its_undo(
    mari: Recipient,
) -> None:
    proof = press_button(mari)
    before = mari.stored()

    page = mari.browser.post(f"{mari.path}/result?lang=sv", data={"proof": proof}).text

    assert '<html lang="sv"' in page
    assert f'value="{proof}"' in page
    assert mari.stored() == before


def test_a_click_taken_back_meanwhile_is_not_shown_as_left(mari: Recipient) -> None:
    proof = press_button(mari)
    mari.browser.post(f"{mari.path}/undo", data={"proof": proof})

    page = mari.browser.post(f"{mari.path}/result", data={"proof": proof}).text

    assert "Unsubscribe from" in page


def test_reasons_are_counted_for_the_controller_and_nobody_elses(
    mari: Recipient, other_tenant: Tenant
) -> None:
    proof = press_button(mari)
    mari.browser.post(f"{mari.path}/reason", data={"proof": proof, "reason": "other"})

    def items(tenant: Tenant, query: str = "") -> Any:
        return tenant.client.get(f"/v1/unsubscribe-reasons{query}").json["items"]

    assert items(mari.tenant) == [{"topic": "offers", "reason": "other", "answers": 1}]
    assert items(mari.tenant, "?until=2026-01-01") == []
    assert items(other_tenant) == []
