"""The description is served offline, under the strictest content security policy."""

import re

from flask import Flask
from flask.testing import FlaskClient

from crm_service.web.docs import with_code


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


def test_every_error_that_a_description_names_is_among_the_answers(client: FlaskClient) -> None:
    document = client.get("/openapi.json").get_json()

    undescribed = [
        f"{method} {path}: {status}"
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if method != "parameters"
        for status in re.findall(r"\b(4\d\d) `", operation.get("description", ""))
        if status not in operation["responses"]
    ]

    assert not undescribed


def test_the_style_sheet_is_our_own(client: FlaskClient) -> None:
    answer = client.get("/docs/style.css")

    assert answer.mimetype == "text/css"
    assert "url(" not in answer.text


def test_descriptions_are_escaped_and_their_code_is_marked(app: Flask) -> None:
    shown = with_code("send `A: <key>` & <b>no more</b>")

    assert shown == "send <code>A: &lt;key&gt;</code> &amp; &lt;b&gt;no more&lt;/b&gt;"
