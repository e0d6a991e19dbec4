"""Bodies and parameters: every bad one is a clear 4xx, never a 500."""

import io

import pytest
from flask.testing import FlaskClient

from tests.factories import Tenant

ECHO = "/probe/echo"


def test_a_good_body_is_read(probe: FlaskClient) -> None:
    answer = probe.post(ECHO, json={"name": "Ada", "count": 2})

    assert answer.get_json() == {"name": "Ada", "count": 2}


@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", None])
def test_a_body_that_is_not_json_is_415(probe: FlaskClient, media: str | None) -> None:
    answer = probe.post(ECHO, data='{"name": "Ada"}', content_type=media)

    assert answer.status_code == 415
    assert answer.get_json()["code"] == "unsupported_media_type"


def test_a_compressed_body_is_415(probe: FlaskClient) -> None:
    answer = probe.post(ECHO, json={"name": "Ada"}, headers={"Content-Encoding": "gzip"})

    assert answer.status_code == 415


def test_a_body_beyond_the_limit_is_413(probe: FlaskClient) -> None:
    answer = probe.post(ECHO, json={"name": "x" * 2_100_000})

    assert answer.status_code == 413
    assert answer.get_json()["code"] == "body_too_large"


def test_a_body_without_a_length_is_413_beyond_the_limit_too(probe: FlaskClient) -> None:
    whole = b'{"name": "Ada"}' + b" " * 2_100_000

    answer = probe.post(
        ECHO,
        input_stream=io.BytesIO(whole),
        content_type="application/json",
        environ_overrides={"wsgi.input_terminated": True},
    )

    assert answer.status_code == 413


def test_a_view_may_take_a_body_of_any_length(probe: FlaskClient) -> None:
    answer = probe.post("/probe/unlimited", data=b"x" * 5_000_000)

    assert answer.get_json() == {"bytes": 5_000_000}


@pytest.mark.parametrize("body", ["", "{", '{"name": NaN}', r'{"name": "\u0000"}'])
def test_what_is_not_strict_json_is_400(probe: FlaskClient, body: str) -> None:
    answer = probe.post(ECHO, data=body, content_type="application/json")

    assert answer.status_code == 400
    assert answer.get_json()["code"] == "invalid_json"


@pytest.mark.parametrize("body", ["[]", '"text"', "null", "1"])
def test_a_body_that_is_no_object_is_422(probe: FlaskClient, body: str) -> None:
    answer = probe.post(ECHO, data=body, content_type="application/json")

    assert answer.status_code == 422


def test_unknown_and_wrong_fields_are_named(probe: FlaskClient) -> None:
    answer = probe.post(ECHO, json={"name": "", "cuont": 1, "count": "7.5"})

    assert answer.status_code == 422
    assert set(answer.get_json()["errors"]) == {"name", "cuont", "count"}


@pytest.mark.rule(39)
def test_an_error_never_repeats_an_address_that_was_sent(probe: FlaskClient) -> None:
    body = {"name": "ada@example.com" * 2, "ada@example.com": 1}

    answer = probe.post(ECHO, json=body)

    assert answer.status_code == 422
    assert "example.com" not in answer.text


@pytest.mark.parametrize("query", ["x=1", "limit=0", "limit=1001", "limit=a", "limit=%00"])
def test_wrong_query_parameters_are_refused(tenant: Tenant, query: str) -> None:
    answer = tenant.client.get(f"/v1/keys?{query}")

    assert answer.status_code in {400, 422}
    assert answer.content_type == "application/problem+json"


def test_a_null_character_in_a_path_is_404(client: FlaskClient) -> None:
    assert client.get("/probe/fails/%00").status_code == 404
    assert client.get("/v1/topics/%00").status_code == 404
