import gzip
import re
from html.parser import HTMLParser

import pytest

from tests.factories import Tenant
from tests.unsubscribe.people import EMAIL, Recipient, link_path

POLICY = {
    "default-src 'none'",
    "style-src 'self'",
    "img-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
}
BUTTON = {"via": "page"}


class Elements(HTMLParser):
    """Collects every element of a page with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def named(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.found if tag in tags]


def pages(mari: Recipient, language: str = "en") -> dict[str, str]:
    """Return every page that a recipient can come to, in the order of a visit."""
    browser = mari.browser
    browser.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
    question = browser.get(mari.path).text
    preferences = browser.get(mari.path + "/preferences").text
    result = browser.post(mari.path, data=BUTTON).text
    proof = re.findall(r'name="proof" value="(\w+)"', result)[0]
    return {
        "question": question,
        "preferences": preferences,
        "result": result,
        "thanks": browser.post(
            mari.path + "/reason", data={"proof": proof, "reason": "other"}
        ).text,
        "already": browser.get(mari.path).text,
        "undone": browser.post(mari.path + "/undo", data={"proof": proof}).text,
        "not undone": browser.post(mari.path + "/undo", data={"proof": proof}).text,
        "left on preferences": browser.post(
            mari.path + "/preferences", data={"topic": "news"}
        ).text,
        "refused": browser.post(mari.path + "/preferences", data={"topic": "no"}).text,
        "everything": browser.post(mari.path, data=BUTTON | {"scope": "all"}).text,
        "nothing more": browser.get(mari.path).text,
        "all left": browser.get(mari.path + "/preferences").text,
        "unknown": browser.get("/u/unknown").text,
        "too large": browser.post(mari.path, data=b"x" * 9000).text,
    }


@pytest.mark.rule(12)
@pytest.mark.clause("ee-14")
def test_the_page_has_one_button_and_asks_for_nothing_else(mari: Recipient) -> None:
    html = mari.browser.get(mari.path).text

    elements = Elements(html)
    assert len(elements.named("button")) == 1
    assert [field["type"] for field in elements.named("input")] == ["hidden", "checkbox"]
    assert not elements.named("select", "textarea")
    assert "Spring offers" in html


@pytest.mark.rule(12, 14, 16)
def test_the_button_leaves_the_topic_and_says_what_remains(mari: Recipient) -> None:
    answer = mari.browser.post(mari.path, data=BUTTON)

    assert answer.status_code == 200
    assert "You have left" in answer.text
    assert "Other topics from Cantec OÜ stay as they were." in answer.text
    assert "/preferences" in answer.text
    assert mari.event_sources() == ["page"]


@pytest.mark.rule(15)
def test_everything_is_its_own_choice_on_the_same_page(mari: Recipient) -> None:
    answer = mari.browser.post(mari.path, data=BUTTON | {"scope": "all"})

    assert "You have left all marketing" in answer.text
    assert mari.blocks() == {("marketing", None)}


def test_a_link_opened_again_says_that_the_topic_was_left(mari: Recipient) -> None:
    mari.browser.post(mari.path)

    page = mari.browser.get(mari.path).text

    assert "You have left" in page
    assert "Leave all marketing" in page


@pytest.mark.rule(10, 39)
def test_a_page_tells_nothing_about_the_person_but_a_masked_address(mari: Recipient) -> None:
    shown = pages(mari)

    said = "".join(shown.values())
    assert "m•••@e•••.com" in said
    assert not re.search(r"mari|tamm|example\.com", said, re.IGNORECASE)
    assert str(mari.contact_id) not in said


@pytest.mark.rule(10)
@pytest.mark.clause("no-02", "no-03", "si-19")
def test_no_page_loads_anything_from_elsewhere_or_runs_a_script(mari: Recipient) -> None:
    for name, html in pages(mari).items():
        elements = Elements(html)

        assert not elements.named("script", "img", "iframe", "style", "base", "object"), name
        assert not [a for _, a in elements.found if "style" in a or "onclick" in a], name
        urls = [a.get("href") or a.get("action") or "/u/" for _, a in elements.found]
        assert all(url.startswith(("/u/", "?lang=")) for url in urls), name
        assert len(elements.named("link")) == 1, name


def test_every_page_names_its_language_and_has_one_heading(mari: Recipient) -> None:
    for name, html in pages(mari).items():
        elements = Elements(html)

        assert elements.named("html") == [{"lang": "en", "dir": "ltr"}], name
        assert len(elements.named("h1")) == 1, name
        assert len(elements.named("title")) == 1, name
        assert {"width=device-width, initial-scale=1"} <= {
            meta.get("content") for meta in elements.named("meta")
        }, name


def test_a_topic_without_an_english_name_is_marked_with_its_language(mari: Recipient) -> None:
    page = mari.browser.get(mari.path + "/preferences").text

    assert '<h2 lang="et" dir="auto">Tooteuudised</h2>' in page
    assert '<h2 dir="auto">Spring offers</h2>' in page


@pytest.mark.clause("no-03")
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST"])
@pytest.mark.parametrize("behind", ["", "/preferences", "/undo", "/nonsense"])
def test_every_answer_keeps_itself_private_and_sets_no_cookie(
    mari: Recipient, method: str, behind: str
) -> None:
    headers = mari.browser.open(mari.path + behind, method=method).headers

    assert set(headers["Content-Security-Policy"].split("; ")) == POLICY
    assert "noindex" in headers["X-Robots-Tag"]
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in headers


def test_every_page_with_its_style_is_below_15_kilobytes_compressed(mari: Recipient) -> None:
    style = mari.browser.get("/u/page.css").data

    for name, html in pages(mari).items():
        assert len(gzip.compress(html.encode() + style)) < 15_000, name


def test_the_style_may_be_kept_because_its_url_changes_with_it(mari: Recipient) -> None:
    [link] = Elements(mari.browser.get(mari.path).text).named("link")

    answer = mari.browser.get(str(link["href"]))

    assert re.fullmatch(r"/u/page\.css\?v=[0-9a-f]{8}", str(link["href"]))
    assert answer.mimetype == "text/css"
    assert "immutable" in answer.headers["Cache-Control"]


def test_markup_in_a_name_is_shown_as_text(tenant: Tenant) -> None:
    name = {"en": "<script>alert(1)</script> & “quotes”"}
    topic = {"slug": "odd", "category": "marketing", "name": name}
    assert tenant.client.post("/v1/topics", json=topic).status_code == 201

    page = tenant.app.test_client().get(link_path(tenant, EMAIL, "odd")).text

    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; “quotes”" in page
