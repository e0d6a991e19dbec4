import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_service.keyring import Keyring
from crm_service.unsubscribe import links, tokens
from crm_service.unsubscribe.tokens import Link

KEYRING = Keyring.create()
BASE_URL = "https://m.example.com/"[:-1].ljust(22, "x")


@pytest.mark.rule(10)
@given(key=st.uuids(), topic=st.integers(0, 2**32 - 1), campaign=st.integers(0, 2**40 - 1))
def test_a_link_is_at_most_120_characters_on_a_base_url_of_22(
    key: uuid.UUID, topic: int, campaign: int
) -> None:
    token = tokens.sign(KEYRING, Link(2**32 - 1, "email", key, topic, campaign))

    assert len(BASE_URL) == 22
    assert len(links.url(BASE_URL, token)) <= 120


@pytest.mark.rule(11)
@pytest.mark.clause("ee-14")
def test_a_message_carries_one_https_uri_and_the_one_click_header() -> None:
    link = links.url("https://crm.example.com", "token")

    headers = links.headers(link)

    assert headers == {
        "List-Unsubscribe": "<https://crm.example.com/u/token>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    assert all(value.isascii() and "\n" not in value for value in headers.values())
