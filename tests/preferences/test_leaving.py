import re

import pytest

from tests.unsubscribe.people import Recipient


def left(page: str) -> list[bool]:
    """Return for each topic on the page, by slug, whether it is shown as left."""
    [listed] = re.findall(r'<ul class="topics">(.*?)</ul>', page, re.DOTALL)
    rows = re.findall(r"<li>(.*?)</li>", listed, re.DOTALL)
    return ['class="left"' in row for row in rows]


@pytest.mark.rule(15)
@pytest.mark.clause("ee-14")
def test_each_topic_is_listed_and_can_be_left_on_its_own(mari: Recipient) -> None:
    before = mari.browser.get(mari.path + "/preferences").text

    after = mari.browser.post(mari.path + "/preferences", data={"topic": "news"}).text

    assert left(before) == [False, False, False]
    assert left(after) == [False, True, False]
    assert mari.blocks() == {("topic", "news")}
    assert mari.event_sources() == ["preferences"]


@pytest.mark.rule(15)
def test_leaving_every_topic_one_by_one_is_not_leaving_everything(mari: Recipient) -> None:
    for slug in ("news", "offers", "courses"):
        page = mari.browser.post(mari.path + "/preferences", data={"topic": slug}).text

    assert left(page) == [True, True, True]
    assert 'name="scope" value="all"' in page
    assert {scope for scope, _ in mari.blocks()} == {"topic"}


@pytest.mark.rule(15)
@pytest.mark.clause("ee-14")
def test_everything_is_left_by_a_button_of_its_own(mari: Recipient) -> None:
    page = mari.browser.post(mari.path + "/preferences", data={"scope": "all"}).text

    assert left(page) == [True, True, True]
    assert 'name="scope" value="all"' not in page
    assert mari.blocks() == {("marketing", None)}


@pytest.mark.rule(10)
@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"topic": ""},
        {"topic": "unknown"},
        {"topic": "offers\x00"},
        {"subscribe": "offers"},
        {"scope": "none"},
        {"scope": "topic", "state": "granted"},
    ],
)
def test_nothing_but_leaving_can_be_asked_for(mari: Recipient, fields: dict[str, str]) -> None:
    mari.browser.post(mari.path)
    before = mari.stored()

    answer = mari.browser.post(mari.path + "/preferences", data=fields)

    assert answer.status_code == 422
    assert "Nothing was changed" in answer.text
    assert mari.stored() == before


@pytest.mark.rule(14)
def test_what_was_left_here_can_be_taken_back_here(mari: Recipient) -> None:
    page = mari.browser.post(mari.path + "/preferences", data={"topic": "courses"}).text
    [(action, proof)] = re.findall(r'action="(/u/\w+/undo)">\s*<input[^>]*value="(\w+)"', page)

    answer = mari.browser.post(action, data={"proof": proof})

    assert answer.status_code == 200
    assert mari.blocks() == set()


@pytest.mark.rule(7, 15)
def test_archived_and_service_topics_are_not_listed(mari: Recipient) -> None:
    service = {"slug": "notices", "category": "service", "name": {"en": "Service notices"}}
    assert mari.tenant.client.post("/v1/topics", json=service).status_code == 201
    mari.tenant.client.delete("/v1/topics/courses")

    page = mari.browser.get(mari.path + "/preferences").text

    assert left(page) == [False, False]
    assert "notices" not in page
    assert "Courses" not in page
