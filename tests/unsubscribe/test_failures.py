from typing import Any

import psycopg
import pytest

from crm_service.db import Connection
from crm_service.subjects.service import LOCK_BY_ADDRESS_KEY
from crm_service.unsubscribe import service
from tests.unsubscribe.people import EMAIL, Recipient


@pytest.mark.rule(11)
def test_a_body_that_no_click_ever_has_is_refused_and_changes_nothing(mari: Recipient) -> None:
    before = mari.stored()

    answer = mari.browser.post(mari.path, data=b"x" * 8193, content_type="text/plain")

    assert answer.status_code == 413
    assert mari.stored() == before


@pytest.mark.rule(11)
@pytest.mark.parametrize("behind", ["", "/preferences", "/undo"])
def test_a_failed_write_is_503_and_asks_to_send_the_same_again(
    mari: Recipient, monkeypatch: pytest.MonkeyPatch, behind: str
) -> None:
    def fail(*_args: object, **_facts: object) -> None:
        raise psycopg.OperationalError("no space left")

    monkeypatch.setattr(service, "unsubscribe", fail)
    monkeypatch.setattr(service, "describe", fail)
    before = mari.stored()

    answer = mari.browser.post(mari.path + behind, data={"via": "page", "scope": "all"})

    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert '<input type="hidden" name="scope" value="all">' in answer.text
    assert mari.stored() == before


def test_a_page_that_cannot_be_read_is_503_and_says_that_nothing_changed(
    mari: Recipient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object) -> None:
        raise psycopg.OperationalError("gone")

    monkeypatch.setattr(service, "describe", fail)

    page = mari.browser.get(mari.path)
    told = mari.browser.get(mari.path, headers={"Accept": "application/json"})

    assert (page.status_code, told.status_code) == (503, 503)
    assert "nothing was changed" in page.text
    assert told.get_json() == {"status": 503, "code": "try_again"}


def test_a_defect_is_a_page_for_people_and_tells_nothing(
    mari: Recipient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object) -> None:
        raise RuntimeError(EMAIL)

    monkeypatch.setattr(service, "describe", fail)

    answer = mari.browser.get(mari.path)

    assert answer.status_code == 500
    assert answer.mimetype == "text/html"
    assert EMAIL not in answer.text


@pytest.mark.rule(26)
def test_nothing_is_written_for_an_address_that_appeared_after_the_lock(
    mari: Recipient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    class Late:
        """Finds nobody to lock at first, as for an address that is just being created."""

        def execute(self, connection: Connection, facts: Any) -> None:
            asked.append(facts)
            if len(asked) > 1:
                LOCK_BY_ADDRESS_KEY.execute(connection, facts)

    monkeypatch.setattr(service, "LOCK_BY_ADDRESS_KEY", Late())

    answer = mari.browser.post(mari.path)

    assert answer.status_code == 200
    assert len(asked) == 2
    assert mari.event_sources() == ["one_click"]
