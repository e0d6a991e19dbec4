"""What is written about recipients' links is what they answer."""

from typing import Any

import pytest
from werkzeug.test import TestResponse

from crm_service.unsubscribe.description import PATHS
from tests.unsubscribe.people import Recipient

JSON = {"Accept": "application/json"}
NOT_OURS = "/u/" + "a" * 72


def _described(path: str, method: str, answer: TestResponse) -> Any:
    """Return what the description says of an answer; an answer without any is a KeyError."""
    return PATHS[path][method]["responses"][str(answer.status_code)]["content"][answer.mimetype]


@pytest.mark.parametrize("sent", [{}, {"data": {"via": "page"}}, {"headers": JSON}])
def test_every_way_to_answer_a_click_is_described(mari: Recipient, sent: dict[str, Any]) -> None:
    answer = mari.browser.post(mari.path, **sent)

    assert answer.status_code == 200
    assert _described("/u/{token}", "post", answer)


@pytest.mark.parametrize("headers", [{}, JSON])
@pytest.mark.parametrize(("path", "data"), [(NOT_OURS, b""), (None, b"x" * 9000)])
def test_every_way_to_refuse_a_click_is_described(
    mari: Recipient, headers: dict[str, str], path: str | None, data: bytes
) -> None:
    answer = mari.browser.post(path or mari.path, data=data, headers=headers)

    assert answer.status_code in {404, 413}
    assert _described("/u/{token}", "post", answer)


def test_an_undo_that_is_refused_is_described(mari: Recipient) -> None:
    answer = mari.browser.post(f"{mari.path}/undo", data={"proof": "none of ours"})

    assert answer.status_code == 409
    assert _described("/u/{token}/undo", "post", answer)


def test_json_answers_have_the_fields_described(mari: Recipient) -> None:
    left = mari.browser.post(mari.path, headers=JSON)
    refused = mari.browser.post(NOT_OURS, headers=JSON)

    for answer in (left, refused):
        schema = _described("/u/{token}", "post", answer)["schema"]
        assert set(answer.get_json()) == set(schema["required"])
