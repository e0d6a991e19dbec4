"""What somebody might try on the pages: framing, forging, injecting, guessing (rules 10 and 36)."""

import re
from urllib.parse import quote

import pytest

from crm_service.keyring import Keyring
from crm_service.unsubscribe import tokens
from crm_service.unsubscribe.tokens import Link
from tests.unsubscribe.people import Recipient

NASTY = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "sv\r\nSet-Cookie: a=b",
    "https://evil.example.com/",
    "//evil.example.com",
    "../../etc/passwd",
    "{{7*7}}",
    "%(sender)s%(x)s",
    "et" * 4000,
    "\u202e\u0000",
]
PATHS = ["", "/preferences", "/undo", "/reason", "/result"]


@pytest.mark.parametrize("nasty", NASTY)
def test_nothing_of_a_query_comes_back(mari: Recipient, nasty: str) -> None:
    query = {"lang": nasty, "next": nasty, "url": nasty, "color": nasty, "topic": nasty}
    plain = mari.browser.get(mari.path)

    answer = mari.browser.get(mari.path, query_string=query)

    assert answer.data == plain.data
    assert answer.headers["Content-Language"] == "en"
    assert "Set-Cookie" not in answer.headers
    assert "Location" not in answer.headers


@pytest.mark.parametrize("nasty", NASTY)
@pytest.mark.parametrize("behind", PATHS)
def test_nothing_of_a_form_comes_back_as_markup_or_leads_elsewhere(
    mari: Recipient, behind: str, nasty: str
) -> None:
    fields = dict.fromkeys(("via", "topic", "reason", "comment", "proof", "scope", "lang"), nasty)

    answer = mari.browser.post(mari.path + behind, data=fields)

    assert answer.status_code in {200, 409, 413, 422}
    assert not re.search(r"<script|<img|evil\.example|passwd", answer.text)
    assert "Location" not in answer.headers
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("nasty", NASTY)
def test_nothing_of_a_wrong_path_comes_back(mari: Recipient, nasty: str) -> None:
    expected = mari.browser.get("/u/x").data

    answer = mari.browser.get("/u/" + quote(nasty.lstrip("/"), safe=""))

    assert (answer.status_code, answer.data) == (404, expected)


@pytest.mark.parametrize("behind", PATHS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_page_can_be_framed_or_send_its_forms_elsewhere(
    mari: Recipient, behind: str, method: str
) -> None:
    policy = mari.browser.open(mari.path + behind, method=method).headers["Content-Security-Policy"]

    assert {"frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"} <= set(
        policy.split("; ")
    )
    assert "unsafe" not in policy


@pytest.mark.rule(10)
@pytest.mark.parametrize("behind", ["/undo", "/reason", "/result", "/preferences"])
def test_another_sites_form_changes_nothing_that_only_the_page_may(
    mari: Recipient, behind: str
) -> None:
    mari.browser.post(mari.path)
    before = mari.stored()
    foreign = {"Origin": "https://evil.example.com", "Sec-Fetch-Site": "cross-site"}

    mari.browser.post(
        mari.path + behind, data={"proof": "a" * 56, "reason": "other"}, headers=foreign
    )

    assert mari.stored() == before


@pytest.mark.rule(10)
def test_a_link_tells_the_same_work_whether_or_not_anybody_is_behind_it(
    mari: Recipient, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = tokens.read(keyring, mari.token)
    assert seen is not None
    stranger = Link(seen.controller_ref, "email", seen.address_key.__class__(int=5), seen.topic_ref)

    known = mari.browser.get(mari.path)
    unknown = mari.browser.get(f"/u/{tokens.sign(keyring, stranger)}")

    # The same question; an address, masked, only to who holds the link that was sent to it.
    shape = [
        re.sub(r"<p>.*?</p>|/u/\w+", "", page.text, flags=re.DOTALL) for page in (known, unknown)
    ]
    assert shape[0] == shape[1]
    assert known.status_code == unknown.status_code == 200
