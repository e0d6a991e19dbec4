"""The way out by mail beside the one by click (clause si-03)."""

import dataclasses
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from crm_service.config import Settings
from crm_service.keyring import Keyring
from crm_service.unsubscribe import tokens, verp
from tests.factories import load_policy, make_tenant
from tests.unsubscribe.people import EMAIL, Admin, Recipient, make_recipient

POST = "List-Unsubscribe=One-Click"
WITH_MAIL = re.compile(r"<(https://[^>]+)>, <mailto:(unsub\+[a-z2-7]{56}@[a-z.]+)\?subject=(.+)>")


@pytest.fixture
def inbound(app: Flask, settings: Settings) -> Iterator[None]:
    """The service set up to receive mail."""
    received = dataclasses.replace(settings, inbound_mail_domain="in.example.com")
    app.extensions["crm.settings"] = received
    yield
    app.extensions["crm.settings"] = settings


@pytest.fixture
def writer(inbound: None, app: Flask, admin: Admin) -> Recipient:
    """A recipient of a controller whose policy names no domain of its own."""
    return make_recipient(make_tenant(app), admin)


def headers_of(recipient: Recipient, **facts: str) -> dict[str, str]:
    asked = {"email": EMAIL, "topic": "offers", **facts}
    answer = recipient.tenant.client.post("/v1/unsubscribe-links", json=asked)
    found: dict[str, str] = answer.json["headers"]
    return found


def check(recipient: Recipient, **facts: Any) -> dict[str, Any]:
    asked = {"topic": "offers", "channel": "email", "emails": [EMAIL, "none"], **facts}
    answer = recipient.tenant.client.post("/v1/eligibility-checks", json=asked)
    assert answer.status_code == 200, answer.json
    found: dict[str, Any] = answer.json["results"][0]
    return found


@pytest.mark.rule(10, 22)
@pytest.mark.clause("si-03")
def test_the_header_offers_mail_behind_the_link_which_is_preferred(
    writer: Recipient, keyring: Keyring
) -> None:
    headers = headers_of(writer)

    [(url, address, subject)] = WITH_MAIL.findall(headers["List-Unsubscribe"])
    [said] = verp.addresses_in(keyring, address, verp.UNSUBSCRIBE)
    link = tokens.read(keyring, url.rpartition("/")[2])
    assert headers["List-Unsubscribe-Post"] == POST
    assert link is not None
    assert (said.address_key, said.reference) == (link.address_key, link.topic_ref)
    assert subject == "unsubscribe"


def test_a_campaign_that_an_address_has_no_room_for_stands_in_the_subject(
    writer: Recipient,
) -> None:
    headers = headers_of(writer, campaign="spring")

    [(url, _, subject)] = WITH_MAIL.findall(headers["List-Unsubscribe"])

    assert subject == f"unsubscribe%20{url.rpartition('/')[2]}"


@pytest.mark.rule(22)
@pytest.mark.parametrize("campaign", [{}, {"campaign": "spring"}])
def test_checks_and_audiences_hand_out_the_same_headers(
    writer: Recipient, campaign: dict[str, str]
) -> None:
    expected = headers_of(writer, **campaign)

    checked = check(writer, include=["links"], **campaign)
    audience = writer.tenant.client.get(
        "/v1/audiences/offers", query_string={"include": "links", **campaign}
    )

    assert checked["headers"] == expected
    assert expected["List-Unsubscribe"] in audience.text
    assert "return_path" not in checked


def test_bounces_get_an_address_of_their_own(writer: Recipient, keyring: Keyring) -> None:
    plain = check(writer, include=["return_path"])
    named = check(writer, include=["return_path"], campaign="spring")

    [said] = verp.addresses_in(keyring, plain["return_path"], verp.BOUNCE)
    [of_campaign] = verp.addresses_in(keyring, named["return_path"], verp.BOUNCE)
    pepper = keyring.pepper(writer.tenant.controller_id)
    assert plain["return_path"].endswith("@in.example.com")
    assert said.reference == 0
    assert of_campaign.reference == tokens.campaign_ref(pepper, "spring") >> 8
    assert "unsubscribe_url" not in plain


def test_a_stream_may_ask_for_several_things(writer: Recipient) -> None:
    query = {"topic": "offers", "channel": "email", "include": "links,return_path"}

    answer = writer.tenant.client.post(
        "/v1/eligibility-checks",
        query_string=query,
        data=f'"{EMAIL}"\n',
        headers={"Content-Type": "application/x-ndjson"},
        buffered=True,
    )

    assert '"return_path":"bounce+' in answer.text
    assert "<mailto:unsub+" in answer.text


def test_a_policy_may_name_a_domain_of_its_own(inbound: None, app: Flask, admin: Admin) -> None:
    policy = load_policy() | {"mail": {"inbound_domain": "post.example.org"}}
    recipient = make_recipient(make_tenant(app, policy=policy), admin)

    found = check(recipient, include=["links", "return_path"])

    assert found["return_path"].endswith("@post.example.org")
    assert "@post.example.org?" in found["headers"]["List-Unsubscribe"]
    assert "@post.example.org?" in headers_of(recipient)["List-Unsubscribe"]


@pytest.mark.rule(10)
def test_where_no_mail_is_received_none_is_offered(mari: Recipient) -> None:
    found = check(mari, include=["links", "return_path"])

    assert found["headers"]["List-Unsubscribe"] == f"<{found['unsubscribe_url']}>"
    assert "return_path" not in found
