"""Packages: everything that is held, as ZIP of JSON, CSV and one readable document."""

import json
import re
from html.parser import HTMLParser
from typing import Any

import psycopg
import pytest
from flask import Flask
from psycopg.rows import TupleRow

from crm_service.pages.languages import LANGUAGES
from crm_service.rights import sources
from crm_service.rights.packages.portability import RULES
from tests.architecture.test_personal_data import PSEUDONYMOUS, TABLES_ABOUT_PEOPLE, TYING
from tests.contacts.register import CONSENT, Admin, audited, email_key, register, suppress
from tests.engagement.happenings import happening, take_in
from tests.factories import Tenant
from tests.recipients.register import MAILHOUSE, enter
from tests.rights.asking import ask, granted, under
from tests.rights.opening import data, fetch, opened, table

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"
CODE = "38001085718"


def known(tenant: Tenant, **facts: Any) -> dict[str, Any]:
    """Return a person whom many rooms know."""
    topic = {"slug": "news", "name": {"en": "News"}, "category": "marketing"}
    tenant.client.post("/v1/topics", json=topic)
    contact = register(tenant, language="en", permissions=[dict(CONSENT)], **facts)
    path = f"/v1/contacts/{contact['id']}"
    note = {"kind": "note", "occurred_at": "2026-11-03T09:15:00Z", "note": "wants a quote"}
    assert tenant.client.post(f"{path}/interactions", json=note).status_code == 201
    number = {"country": "EE", "number": CODE}
    assert tenant.client.put(f"{path}/national-id", json=number).status_code == 200
    enter(tenant, MAILHOUSE)
    handed = {"recipient": "mailhouse", "contact_ids": [contact["id"]], "ground": "processor"}
    disclosed = {**handed, "fields": ["first_name", "email"]}
    assert tenant.client.post("/v1/disclosures", json=disclosed).status_code == 201
    take_in(tenant, [happening("opened", topic="news"), happening("delivered", topic="news")])
    return contact


@pytest.mark.rule(33)
@pytest.mark.clause("ee-12", "se-08", "ws-06", "si-17", "no-08")
def test_access_is_a_zip_of_everything_that_any_room_holds(tenant: Tenant) -> None:
    contact = known(tenant)
    suppress(tenant, email_key(tenant, "mari@example.com"), "manual")

    answer = fetch(tenant, granted(tenant, "access", contact_id=contact["id"]))

    files = opened(answer.data)
    held = data(files)
    assert held["contacts"][0]["first_name"] == "Mari"
    assert held["permissions"][0]["evidence"]["method"] == "webform /subscribe"
    assert held["recipients"][0]["name"] == "Mailhouse"
    assert {one["type"] for one in held["engagement"]} == {"opened", "delivered"}
    assert held["suppression"][0]["note"] == "Mari called"
    assert [one["kind"] for one in held["rights"]] == ["access"]
    assert "contacts.create" in {one["action"] for one in held["access_log"]}
    assert [len(table(files, room)) for room in held] == [len(rows) for rows in held.values()]


@pytest.mark.rule(33, 34)
@pytest.mark.clause("ee-12", "se-08")
def test_no_table_with_personal_data_is_left_out(tenant: Tenant, about_people: set[str]) -> None:
    register(tenant)

    files = opened(fetch(tenant, granted(tenant, "access")).data)

    told = json.loads(files["package.json"])["data"].values()
    assert {one["file"] for one in told} | {"package.json", "index.html"} == files.keys()
    named = {name for one in told for name in one["tables"]}
    # The ledger's entries come with their evidence, and what was done comes as the access log.
    assert named - {"audit_entries"} == about_people - PSEUDONYMOUS.keys()


@pytest.mark.rule(33)
def test_of_every_room_it_is_decided_what_can_be_carried_elsewhere() -> None:
    assert RULES.keys() == {sources.room_of(source) for source in sources.SOURCES}


@pytest.mark.rule(33)
@pytest.mark.clause("si-17", "ee-12")
def test_portability_is_what_the_person_gave_or_did_on_consent(tenant: Tenant) -> None:
    contact = known(tenant, notes="difficult", external_id="C-1")
    suppress(tenant, email_key(tenant, "mari@example.com"), "manual")

    files = opened(fetch(tenant, granted(tenant, "portability", contact_id=contact["id"])).data)

    held = {room: rows for room, rows in data(files).items() if rows}
    assert held.keys() == {"contacts", "national_ids", "permissions", "engagement"}
    assert "difficult" not in str(held)
    assert held["contacts"][0].keys().isdisjoint({"notes", "external_id", "restricted_at"})
    assert [one["type"] for one in held["engagement"]] == ["opened"]


@pytest.mark.rule(33)
def test_nothing_can_be_carried_elsewhere_without_consent_or_contract(tenant: Tenant) -> None:
    interest = {"purpose": "marketing", "channel": "email", "basis": "legitimate_interests"}
    stated = {**interest, "state": "granted", "evidence": {"assessment": "LIA-1"}}
    contact = register(tenant, permissions=[stated])

    files = opened(fetch(tenant, granted(tenant, "portability", contact_id=contact["id"])).data)

    assert not [rows for rows in data(files).values() if rows]
    assert "mari@example.com" not in "".join(files.values())


@pytest.mark.clause("ee-12", "se-07")
def test_the_identification_number_is_opened_for_its_owner_and_that_is_on_record(
    tenant: Tenant, admin: Admin
) -> None:
    contact = known(tenant)

    files = opened(fetch(tenant, granted(tenant, "access", contact_id=contact["id"])).data)

    assert data(files)["national_ids"] == [{"country": "EE", "number": CODE}]
    assert CODE in files["index.html"]
    [entry] = audited(admin, tenant, "national_ids.hand_over")
    assert entry["subject_id"] == contact["id"]


@pytest.mark.rule(38)
def test_each_package_is_on_record_in_numbers_alone(tenant: Tenant, admin: Admin) -> None:
    contact = known(tenant)
    request = granted(tenant, "access", contact_id=contact["id"])

    fetch(tenant, request)
    fetch(tenant, request, Accept="application/json")

    entries = audited(admin, tenant, "rights.package")
    assert [entry["subject_id"] for entry in entries] == [contact["id"]] * 2
    assert entries[0]["details"]["rows"]["engagement"] == 2
    assert "mari" not in str(entries).lower()


@pytest.mark.rule(39)
def test_the_answer_is_private_and_its_name_tells_nothing(tenant: Tenant) -> None:
    register(tenant)

    answer = fetch(tenant, granted(tenant, "access"))

    assert answer.mimetype == "application/zip"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="package.zip"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert int(answer.headers["Content-Length"]) == len(answer.data)


def test_json_is_what_the_zip_holds_as_json(tenant: Tenant) -> None:
    register(tenant)
    request = granted(tenant, "access")

    files = opened(fetch(tenant, request, Accept="*/*").data)
    answer = fetch(tenant, request, Accept="application/json")

    assert answer.mimetype == "application/json"
    first, second = json.loads(files["package.json"])["data"], answer.json["data"]
    assert (first.keys(), first["contacts"]) == (second.keys(), second["contacts"])
    assert answer.json["about"]["authority"]["name"]


@pytest.mark.rule(36)
def test_another_controllers_package_is_nowhere(tenant: Tenant, other_tenant: Tenant) -> None:
    register(other_tenant)
    request = granted(other_tenant, "access")

    answer = fetch(tenant, request)

    assert (answer.status_code, answer.json["code"]) == (404, "unknown_rights_request")


@pytest.mark.parametrize("kind", ["erasure", "rectification", "restriction", "objection"])
def test_other_kinds_of_request_have_no_package(tenant: Tenant, kind: str) -> None:
    answer = fetch(tenant, ask(tenant, kind))

    assert (answer.status_code, answer.json["code"]) == (409, "no_package")


@pytest.mark.rule(39)
def test_hostile_words_are_text_in_every_file(tenant: Tenant) -> None:
    contact = known(tenant, last_name=HOSTILE, notes=HOSTILE, company="=1+1", city="@SUM(A1)")

    files = opened(fetch(tenant, granted(tenant, "access", contact_id=contact["id"])).data)

    found = Elements()
    found.feed(files["index.html"])
    assert "&lt;script&gt;alert(1)" in files["index.html"]
    assert found.tags.isdisjoint({"script", "img", "iframe", "link", "object", "form"})
    assert found.attributes.isdisjoint({"src", "srcset", "onerror", "onload"})
    row = table(files, "contacts")[0]
    assert (row["company"], row["city"], row["last_name"]) == ("'=1+1", "'@SUM(A1)", HOSTILE)
    assert data(files)["contacts"][0]["company"] == "=1+1"


class Elements(HTMLParser):
    """Collects which elements and attributes a document has."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


@pytest.mark.clause("ee-12", "ws-06", "ws-07", "si-17")
def test_the_document_says_who_why_how_long_to_whom_and_where_to_complain(app: Flask) -> None:
    tenant = under(app, "websystems")
    register(tenant, language="en")

    page = opened(fetch(tenant, granted(tenant, "access", language="en")).data)["index.html"]

    assert '<html lang="en"' in page
    for heading in ("Who is responsible", "What for, on which basis, how long", "If you disagree"):
        assert heading in page
    assert "GDPR Art. 15" in page
    assert "No decision about you is made by a machine alone" in page
    assert re.search(r'complain.*<a href="https://', page)


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_the_document_is_in_the_persons_language(app: Flask, language: str) -> None:
    document = {"et": "cantec-ee", "nb": "cantec-no", "sl": "tenzor", "sv": "cadcraft"}
    tenant = under(app, document.get(language, "cantec-ee"))
    register(tenant, language=language)
    request = granted(tenant, "access", language=language)

    path = f"/v1/rights-requests/{request['id']}/package"
    package = tenant.client.post(path, json={"password": "correct horse battery"})

    page = opened(package.data, "correct horse battery")["index.html"]
    assert request["language"] == language
    assert f'<html lang="{language}"' in page


@pytest.fixture
def about_people(admin: psycopg.Connection[TupleRow]) -> set[str]:
    """The tables of the real database that tie a row to a person."""
    return {row[0] for row in admin.execute(TABLES_ABOUT_PEOPLE, (list(TYING),))}
