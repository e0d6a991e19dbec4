import pytest
from flask.testing import FlaskClient

from crm_service.keyring import Keyring
from crm_service.unsubscribe import base32, tokens
from tests.factories import Tenant
from tests.unsubscribe.people import EMAIL, Admin, Recipient, make_recipient


def bad_links(mari: Recipient) -> dict[str, str]:
    raw = bytearray(base32.decode(mari.token))
    raw[10] ^= 1
    return {
        "made up": "a" * 72,
        "short": mari.token[:-1],
        "flipped": base32.encode(bytes(raw)),
        "empty-handed": "x",
        "with markup": "<script>alert(1)</script>",
        "with an address": EMAIL,
        "path behind": f"{mari.token}/etc/passwd",
        "endless": "a" * 2000,
    }


@pytest.mark.rule(10)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_every_link_that_is_not_ours_gets_the_very_same_answer(
    mari: Recipient, method: str
) -> None:
    answers = {
        name: mari.browser.open(f"/u/{token}", method=method)
        for name, token in bad_links(mari).items()
    }

    said = {(a.status_code, a.data, _fixed_headers(a.headers)) for a in answers.values()}
    assert len(said) == 1
    assert next(iter(said))[0] == 404


def _fixed_headers(headers: object) -> frozenset[tuple[str, str]]:
    return frozenset(pair for pair in headers if pair[0] != "X-Request-Id")  # type: ignore[attr-defined]  # werkzeug's Headers iterate over pairs


@pytest.mark.rule(10)
def test_preferences_and_undo_of_a_bad_link_are_as_unknown_as_the_link(mari: Recipient) -> None:
    expected = mari.browser.get("/u/x").data

    for token in bad_links(mari).values():
        for answer in (
            mari.browser.get(f"/u/{token}/preferences"),
            mari.browser.post(f"/u/{token}/preferences"),
            mari.browser.post(f"/u/{token}/undo"),
        ):
            assert (answer.status_code, answer.data) == (404, expected)


@pytest.mark.rule(10, 36)
def test_a_link_of_ours_whose_controller_is_gone_says_that_nothing_more_is_sent(
    mari: Recipient, keyring: Keyring
) -> None:
    link = tokens.read(keyring, mari.token)
    assert link is not None
    foreign = tokens.sign(keyring, tokens.Link(1, "email", link.address_key, link.topic_ref))

    answer = mari.browser.get(f"/u/{foreign}")

    assert answer.status_code == 410
    assert "Nothing more is sent from here" in answer.text


@pytest.mark.rule(36)
def test_a_link_reaches_nothing_of_another_controller(
    mari: Recipient, admin: Admin, other_tenant: Tenant
) -> None:
    other = make_recipient(other_tenant, admin)
    before = other.stored()

    mari.browser.post(mari.path, data={"scope": "all"})

    assert other.stored() == before


@pytest.mark.parametrize("path", ["/u/", "/U/", "/p/", "/P/"])
def test_a_link_that_lost_its_token_is_answered_in_words(client: FlaskClient, path: str) -> None:
    answer = client.get(path, query_string={"lang": "et"})

    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert answer.headers["Content-Language"] == "et"
