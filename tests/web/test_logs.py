"""Logs are JSON lines that hold no personal data (rule 39)."""

import json
import logging
import uuid

import pytest
import structlog
from flask.testing import FlaskClient

from crm_service.web.redaction import redact
from tests.factories import Tenant
from tests.web.conftest import Lines


def test_a_request_is_one_line_with_the_template_of_its_route(lines: Lines, tenant: Tenant) -> None:
    answer = tenant.client.get(f"/v1/keys/{uuid.uuid4()}")

    [line] = [line for line in lines() if line["event"] == "request"]
    assert (line["method"], line["route"], line["status"]) == (
        "GET",
        "/v1/keys/<uuid:key_id>",
        404,
    )
    assert line["request_id"] == answer.headers["X-Request-Id"]
    assert line["controller"] == tenant.slug


@pytest.mark.rule(39)
def test_what_the_allow_list_does_not_name_is_dropped(lines: Lines) -> None:
    structlog.get_logger().info("contact_read", email="ada@example.com", count=3, code="ok")

    [line] = lines()
    assert "email" not in line
    assert (line["count"], line["code"]) == (3, "ok")


@pytest.mark.rule(39)
def test_allowed_text_is_redacted(lines: Lines) -> None:
    structlog.get_logger().info("mail to ada@example.com", reason="see /u/" + "a" * 72)

    [line] = lines()
    assert line["event"] == "mail to (address)"
    assert line["reason"] == "see /u/(token)"


@pytest.mark.rule(39)
def test_an_exception_is_told_by_class_and_place_not_by_message(
    lines: Lines, probe: FlaskClient
) -> None:
    probe.get("/probe/fails/defect")

    [line] = [line for line in lines() if line["event"] == "unexpected_error"]
    assert line["error"] == "NotNullViolation"
    assert any("conftest.py" in place for place in line["where"])
    assert "example.com" not in json.dumps(line)


@pytest.mark.rule(39)
def test_a_librarys_record_is_redacted_too(lines: Lines) -> None:
    logging.getLogger("some.library").warning(
        "failed: DETAIL:  Key (email)=(ada@example.com) exists\nat postgresql://u:secret@h/db"
    )

    [line] = lines()
    assert line["event"] == "failed: DETAIL: (withheld)"
    assert line["logger"] == "some.library"


@pytest.mark.rule(39)
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("to ada@example.com, now", "to (address), now"),
        ("call +372 5555 1234", "call (phone)"),
        ("key crm_abcdefgh_" + "a" * 52 + "_bcdefgh", "key (key)"),
        ("token " + "abc234" * 12, "token (token)"),
        ("postgresql://user:secret@host/db", "postgresql://user:(address)/db"),
        ("nothing to see at 10:30", "nothing to see at 10:30"),
    ],
)
def test_text_is_redacted(text: str, shown: str) -> None:
    assert redact(text) == shown
