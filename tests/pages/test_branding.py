"""The controller on its recipients' pages: name, color, footer, logo; never markup."""

import gzip
import io
import re
from typing import Any

import pytest
from flask import Flask
from PIL import Image, PngImagePlugin

from crm_service.policies import checking
from tests.factories import Tenant, load_policy, make_tenant
from tests.unsubscribe.people import EMAIL, PUBLIC_URL, link_path

BRANDING = {
    "name": "Cantec <b>News</b>",
    "color": "#ffd400",
    "footer": {"en": "Cantec OÜ, Tallinn", "et": "Cantec OÜ, Tallinn, Eesti"},
}


@pytest.fixture
def branded(app: Flask) -> Tenant:
    """A controller whose policy says how its pages look."""
    tenant = make_tenant(app, policy=load_policy() | {"branding": BRANDING})
    topic = {"slug": "offers", "category": "marketing", "name": {"en": "Offers"}}
    assert tenant.client.post("/v1/topics", json=topic).status_code == 201
    return tenant


def page_of(tenant: Tenant, query: str = "?lang=en") -> str:
    text: str = tenant.app.test_client().get(link_path(tenant, EMAIL, "offers") + query).text
    return text


def picture(width: int = 640, height: int = 200, kind: str = "PNG", **options: Any) -> bytes:
    image = Image.effect_noise((width, height), 90).convert("RGB")
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def plain(width: int, height: int) -> bytes:
    out = io.BytesIO()
    Image.new("1", (width, height)).save(out, "PNG")
    return out.getvalue()


def upload(tenant: Tenant, body: bytes) -> Any:
    return tenant.client.put("/v1/branding/logo", data=body, content_type="image/png")


def test_the_policy_says_name_and_footer_and_neither_is_markup(branded: Tenant) -> None:
    english, swedish = page_of(branded), page_of(branded, "?lang=sv")

    assert "Cantec &lt;b&gt;News&lt;/b&gt;" in english
    assert "Cantec OÜ, Tallinn</p>" in english
    assert 'lang="et" dir="auto">Cantec OÜ, Tallinn, Eesti</p>' in swedish


def test_the_color_comes_with_the_style_sheet_and_is_made_legible(branded: Tenant) -> None:
    [href] = re.findall(r'<link rel="stylesheet" href="([^"]+)"', page_of(branded))

    sheet = branded.app.test_client().get(href.replace("&amp;", "&"))

    assert "color=ffd400" in href
    assert "immutable" in sheet.headers["Cache-Control"]
    assert "--strong: #ffd400" not in sheet.text.partition("prefers-color-scheme: dark")[0]
    assert "--strong: #ffd400" in sheet.text.partition("prefers-color-scheme: dark")[2]


@pytest.mark.parametrize("color", ["", "red", "000;}body{display:none", "ffd40", "FFD400\n"])
def test_a_made_up_color_changes_nothing_of_the_style_sheet(app: Flask, color: str) -> None:
    plain = app.test_client().get("/u/page.css").data

    assert app.test_client().get("/u/page.css", query_string={"color": color}).data == plain


@pytest.mark.parametrize(
    ("branding", "path"),
    [
        ({"color": "red"}, "branding.color"),
        ({"color": "#12345"}, "branding.color"),
        ({"footer": {"xx": "?"}}, "branding.footer.xx"),
        ({"html": "<b>"}, "branding"),
    ],
)
def test_what_no_page_could_show_is_refused(branding: dict[str, Any], path: str) -> None:
    findings = checking.check(load_policy() | {"branding": branding})

    assert path in {finding.path for finding in findings if finding.is_error}


@pytest.mark.clause("no-02")
def test_a_logo_is_drawn_anew_and_served_by_the_service_itself(branded: Tenant) -> None:
    secret = PngImagePlugin.PngInfo()
    secret.add_text("Comment", "taken at Mari's home")

    logo = upload(branded, picture(pnginfo=secret)).json

    path = logo["url"].removeprefix(PUBLIC_URL)
    served = branded.app.test_client().get(path)
    assert f'src="{path}"' in page_of(branded)
    assert served.mimetype == "image/webp"
    assert "immutable" in served.headers["Cache-Control"]
    assert served.headers["X-Content-Type-Options"] == "nosniff"
    assert b"Mari" not in served.data
    assert Image.open(io.BytesIO(served.data)).size == (logo["width"], logo["height"])


@pytest.mark.parametrize("page", ["privacy", "rights"])
def test_pages_without_a_link_show_the_logo_too(branded: Tenant, page: str) -> None:
    logo = upload(branded, picture()).json

    shown = branded.app.test_client().get(f"/c/{branded.slug}/{page}").text

    assert logo["url"].removeprefix(PUBLIC_URL) in shown


def test_a_page_with_a_logo_is_below_15_kilobytes_all_together(branded: Tenant) -> None:
    logo = upload(branded, picture(1200, 900, "JPEG", quality=30)).json
    html, client = page_of(branded).encode(), branded.app.test_client()

    sheet = client.get("/u/page.css").data
    served = client.get(logo["url"].removeprefix(PUBLIC_URL)).data
    assert len(gzip.compress(html)) + len(gzip.compress(sheet)) + len(served) < 15_000


@pytest.mark.parametrize("kind", ["JPEG", "GIF", "WEBP"])
def test_the_usual_formats_are_taken(branded: Tenant, kind: str) -> None:
    assert upload(branded, picture(kind=kind)).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<!doctype html><script>alert(1)</script>",
        picture()[:300],
        picture(8, 8),
        plain(4000, 2001),
        picture(kind="BMP"),
    ],
    ids=["nothing", "svg", "html", "broken", "tiny", "huge", "bmp"],
)
def test_anything_else_is_refused_and_leaves_the_logo_alone(branded: Tenant, body: bytes) -> None:
    before = upload(branded, picture()).json

    refused = upload(branded, body)

    assert (refused.status_code, refused.json["code"]) == (422, "invalid_image")
    assert branded.client.get("/v1/branding/logo").json == before


def test_a_logo_goes_when_it_is_deleted(branded: Tenant) -> None:
    logo = upload(branded, picture()).json

    assert branded.client.delete("/v1/branding/logo").status_code == 204

    path = logo["url"].removeprefix(PUBLIC_URL)
    assert branded.client.get("/v1/branding/logo").status_code == 404
    assert branded.app.test_client().get(path).status_code == 404
    assert "<img" not in page_of(branded)


@pytest.mark.rule(36)
def test_no_logo_is_found_under_anothers_reference(branded: Tenant, other_tenant: Tenant) -> None:
    logo = upload(branded, picture()).json
    path = logo["url"].removeprefix(PUBLIC_URL)

    for ref in ("0", "1", "999999999", "x"):
        wrong = re.sub(r"/logo/\d+/", f"/logo/{ref}/", path)
        assert branded.app.test_client().get(wrong).status_code == 404
    assert other_tenant.client.get("/v1/branding/logo").status_code == 404
