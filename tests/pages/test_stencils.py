"""Pages that are laid out once for everybody, and filled in for each."""

import re

import pytest

from crm_service.pages import stencils
from tests.factories import Tenant
from tests.unsubscribe.people import link_path

PEOPLE = {"mari@example.com": "m•••@e•••.com", "kati@example.org": "k•••@e•••.org"}


def person(tenant: Tenant, email: str, language: str | None = None) -> None:
    contact = {"email": email, "source": {"kind": "event", "reference": "fair"}}
    made = tenant.client.post(
        "/v1/contacts", json=contact | ({"language": language} if language else {})
    )
    assert made.status_code == 201, made.json


def page(tenant: Tenant, email: str, query: str = "") -> str:
    text: str = tenant.app.test_client().get(link_path(tenant, email, "offers") + query).text
    return text


@pytest.fixture
def offering(tenant: Tenant) -> Tenant:
    """A controller with the topic offers."""
    topic = {"slug": "offers", "category": "marketing", "name": {"en": "Offers"}}
    assert tenant.client.post("/v1/topics", json=topic).status_code == 201
    return tenant


def test_nobody_sees_anything_of_who_opened_the_same_page_before(offering: Tenant) -> None:
    for email in PEOPLE:
        person(offering, email)

    for email, masked in PEOPLE.items():
        text = page(offering, email)
        assert set(re.findall(r"\w+•••@\w+•••\.\w+", text)) == {masked}
        assert set(re.findall(r"/u/([a-z2-7]{60,})", text)) == {
            link_path(offering, email, "offers").removeprefix("/u/")
        }


def test_who_is_not_known_sees_a_page_without_an_address(offering: Tenant) -> None:
    person(offering, "mari@example.com")

    assert "•••" in page(offering, "mari@example.com")
    assert "•••" not in page(offering, "nobody@example.com")


def test_what_else_the_page_depends_on_is_not_shared(offering: Tenant) -> None:
    for email, language in (("mari@example.com", "et"), ("kati@example.org", "sv")):
        person(offering, email, language)
    offering.app.test_client().post(link_path(offering, "mari@example.com", "offers"))

    left, asked = page(offering, "mari@example.com"), page(offering, "kati@example.org")

    assert '<html lang="et"' in left
    assert '<html lang="sv"' in asked
    assert '<input type="checkbox"' not in left
    assert '<input type="checkbox"' in asked
    assert '<html lang="ru"' in page(offering, "kati@example.org", "?lang=ru")


def test_a_new_name_of_the_topic_is_shown_at_once(offering: Tenant) -> None:
    before = page(offering, "mari@example.com")

    change = {"name": {"en": "Prices"}}
    assert offering.client.patch("/v1/topics/offers", json=change).status_code == 200

    assert "Offers" in before
    assert "Prices" in page(offering, "mari@example.com")


def test_words_are_escaped_and_no_blank_is_left() -> None:
    laid_out = f"<p>{stencils.blank('word')}</p>"

    assert stencils.filled("escaped", lambda: laid_out, {"word": "<b>"}) == "<p>&lt;b&gt;</p>"
    assert stencils.filled("escaped", str, {"word": "x"}) == "<p>x</p>"


def test_the_oldest_stencil_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stencils, "_kept", {})
    monkeypatch.setattr(stencils, "MAX_KEPT", 2)

    for sort in ("a", "b", "c"):
        stencils.filled(sort, lambda sort=sort: sort, {})  # type: ignore[misc]

    assert stencils.filled("b", str, {}) == "b"
    assert stencils.filled("a", lambda: "anew", {}) == "anew"
