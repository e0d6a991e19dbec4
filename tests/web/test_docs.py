"""The description is served offline, under the strictest content security policy."""

import re

from flask.testing import FlaskClient


def test_the_page_needs_neither_scripts_nor_the_network(client: FlaskClient) -> None:
    answer = client.get("/docs")

    assert answer.status_code == 200
    assert "<script" not in answer.text
    assert not re.findall(r"(?:src|href)=.https?://", answer.text)
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_the_page_names_every_operation(client: FlaskClient) -> None:
    document = client.get("/openapi.json").get_json()

    page = client.get("/docs").text

    operations = [
        o for path in document["paths"].values() for m, o in path.items() if m != "parameters"
    ]
    assert operations
    assert not [o["operationId"] for o in operations if f'id="{o["operationId"]}"' not in page]


def test_the_style_sheet_is_our_own(client: FlaskClient) -> None:
    answer = client.get("/docs/style.css")

    assert answer.mimetype == "text/css"
    assert "url(" not in answer.text
