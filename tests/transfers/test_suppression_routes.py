import io
from typing import Any

import pytest

from tests.factories import Tenant
from tests.transfers.suppression_lists import Admin, Lists, blocks, make_topic, said

URL = "/v1/suppressions/imports"
TEXT = "ann@example.com\nnobody\nbob@example.com\n"


def send(tenant: Tenant, text: str, query: str = "", content_type: str = "text/csv") -> Any:
    return tenant.client.post(f"{URL}{query}", data=text, content_type=content_type)


@pytest.mark.rule(9)
def test_a_list_is_answered_with_counts_and_the_rows_that_were_refused(
    tenant: Tenant, admin: Admin
) -> None:
    answer = send(tenant, TEXT)

    assert answer.status_code == 200
    counts = {"rows": 3, "added": 2, "unchanged": 0, "ignored": 0, "rejected": 1, "matched": 0}
    told = {"format": "list", "dry_run": False, "counts": counts, "problems_omitted": 0}
    problems = [{"row": 2, "code": "invalid_address"}]
    assert answer.json == {"id": answer.json["id"], **told, "problems": problems}
    assert said(blocks(admin, tenant)) == [("marketing", "import", "list")] * 2
    assert send(tenant, TEXT).json["counts"] == {**counts, "added": 0, "unchanged": 2}


@pytest.mark.rule(2, 9)
def test_options_stand_in_the_query_or_in_the_form(tenant: Tenant, admin: Admin) -> None:
    make_topic(tenant)
    file = (
        io.BytesIO(b"status,reason,email,created\n5.1.1,x,ann@example.com,1709209805\n"),
        "suppression_blocks.csv",
    )

    by_query = send(tenant, "bob@example.com\n", "?scope=all&reason=complaint")
    by_form = tenant.client.post(URL, data={"file": file, "topic": "news", "dry_run": "false"})

    assert (by_query.status_code, by_form.status_code) == (200, 200)
    assert by_form.json["format"] == "sendgrid-bounces"
    assert set(said(blocks(admin, tenant))) == {
        ("all", "complaint", "list"),
        ("topic", "import", "sendgrid bounces"),
    }


@pytest.mark.parametrize(
    ("content_type", "text"),
    [
        ("text/plain; charset=utf-16", "ann@example.com\n"),
        ("application/x-ndjson", '{"email": "ann@example.com"}\n'),
        ("application/json", '[{"email": "ann@example.com"}]'),
    ],
)
def test_a_list_may_be_text_ndjson_or_json(tenant: Tenant, content_type: str, text: str) -> None:
    encoding = "utf-16" if "utf-16" in content_type else "utf-8"

    answer = tenant.client.post(URL, data=text.encode(encoding), content_type=content_type)

    assert answer.json["counts"]["added"] == 1


def test_a_dry_run_stores_nothing(tenant: Tenant, admin: Admin) -> None:
    answer = send(tenant, TEXT, "?dry_run=true")

    assert (answer.json["dry_run"], answer.json["counts"]["added"]) == (True, 2)
    assert blocks(admin, tenant) == []


@pytest.mark.parametrize(
    ("query", "text", "code"),
    [
        ("?scope=topic", TEXT, "invalid_request"),
        ("?scope=all&topic=news", TEXT, "invalid_request"),
        ("?reason=boredom", TEXT, "invalid_request"),
        ("?lift=true", TEXT, "invalid_request"),
        ("", "", "unreadable_file"),
        ("", "name,city\nAnn,Tartu\n", "unrecognized_columns"),
        ("", "email\n", "unreadable_file"),
        ("", "PK\x03\x04", "compressed_file"),
        ("", "Email Address,LEID\nann@example.com,1\n", "not_a_suppression_list"),
        ("", '{"email": ', "unreadable_file"),
        ("", "{}", "unrecognized_columns"),
    ],
)
def test_what_is_no_list_is_refused_with_a_reason(
    tenant: Tenant, admin: Admin, query: str, text: str, code: str
) -> None:
    answer = send(tenant, text, query)

    assert (answer.status_code, answer.json["code"]) == (422, code)
    assert blocks(admin, tenant) == []


def test_an_unknown_topic_is_404(tenant: Tenant) -> None:
    answer = send(tenant, TEXT, "?topic=nowhere")

    assert (answer.status_code, answer.json["code"]) == (404, "unknown_topic")


@pytest.mark.parametrize(
    ("content_type", "headers"),
    [("image/png", {}), ("", {}), ("text/csv", {"Content-Encoding": "gzip"})],
)
def test_other_media_types_and_compressed_bodies_are_415(
    tenant: Tenant, content_type: str, headers: dict[str, str]
) -> None:
    answer = tenant.client.post(URL, data=TEXT, content_type=content_type, headers=headers)

    assert answer.status_code == 415


def test_a_form_without_the_file_is_refused(tenant: Tenant) -> None:
    form = {"content_type": "multipart/form-data"}

    without = tenant.client.post(URL, data={"scope": "all"}, **form)
    unknown = tenant.client.post(URL, data={"file": (io.BytesIO(b"x"), "x"), "lift": "1"}, **form)

    assert (without.status_code, unknown.status_code) == (422, 422)
    assert unknown.json["errors"] == {"lift": ["Unknown field."]}


def test_a_body_that_is_too_large_is_413(tenant: Tenant) -> None:
    answer = send(tenant, "a" * (32 * 1024 * 1024 + 1))

    assert answer.status_code == 413


@pytest.mark.rule(37)
def test_each_direction_needs_its_scope(tenant: Tenant) -> None:
    reader = tenant.client_with("suppressions:read")
    writer = tenant.client_with("suppressions:write")

    assert reader.post(URL, data=TEXT, content_type="text/csv").status_code == 403
    assert writer.get("/v1/suppressions/export").status_code == 403


def test_an_export_is_a_file_of_its_format(lists: Lists, tenant: Tenant) -> None:
    lists.take(TEXT)

    answers = {
        f: tenant.client.get(f"/v1/suppressions/export?format={f}") for f in ("csv", "ndjson")
    }
    other = tenant.client.get("/v1/suppressions/export?format=xml")

    assert {f: (a.mimetype, a.headers["Content-Disposition"]) for f, a in answers.items()} == {
        "csv": ("text/csv", 'attachment; filename="suppressions.csv"'),
        "ndjson": ("application/x-ndjson", 'attachment; filename="suppressions.ndjson"'),
    }
    assert other.status_code == 422


@pytest.mark.rule(39)
def test_refused_rows_are_named_by_their_numbers_alone(tenant: Tenant) -> None:
    text = "email\n" + "secret..address@example.com\n" * 1200

    answer = send(tenant, text)

    assert len(answer.json["problems"]) == 1000
    assert answer.json["problems_omitted"] == 200
    assert "secret" not in answer.text


def test_a_list_that_is_too_long_is_told_how_long_it_may_be(tenant: Tenant) -> None:
    line = "someone@example.com\n"
    most = 32 * 1024 * 1024

    answer = send(tenant, line * (most // len(line) + 1))

    assert (answer.status_code, answer.json["code"]) == (413, "body_too_large")
    assert f"{most} bytes" in answer.json["detail"]
