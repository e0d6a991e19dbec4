"""The readable document of a package: words where JSON and CSV have codes (GDPR Art. 12(1))."""

from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from flask import Flask
from flask_babel import force_locale

from crm_service.contacts.admitting import BASES as EXCEPTIONS
from crm_service.engagement.incoming import TYPES
from crm_service.holds.service import KINDS as HOLDS
from crm_service.informing import service as informing
from crm_service.interactions.service import KINDS as DEALINGS
from crm_service.notices import service as notices
from crm_service.pages.languages import LANGUAGES
from crm_service.policies.disclosure import GROUNDS
from crm_service.policies.holds import OUTCOMES as ENDINGS
from crm_service.policies.rights import KINDS, QUESTIONS, REQUEST_GROUNDS
from crm_service.policies.vocabulary import BASES, CHANNELS, SOURCE_KINDS
from crm_service.preferences.service import FREQUENCIES
from crm_service.proofs.service import PURPOSES
from crm_service.reviews.service import DECISIONS
from crm_service.rights.deciding import OUTCOMES
from crm_service.rights.intake import CAME_BY
from crm_service.rights.packages import codes, wording
from crm_service.rights.packages.hiding import is_hidden
from crm_service.rights.states import STATUSES
from crm_service.suppression.service import REASONS, SCOPES
from crm_service.unsubscribe.reasons import REASONS as LEAVING
from tests.contacts.register import register
from tests.factories import Tenant, load_policy, make_tenant
from tests.rights import known
from tests.rights.asking import granted
from tests.rights.opening import data, fetch, opened, table

#: What each column may hold, as the rooms themselves say it.
EVERYWHERE = {
    "asked_about": QUESTIONS,
    "basis": (*BASES, *EXCEPTIONS),
    "cause": notices.CAUSES,
    "channel": CHANNELS,
    "decision": DECISIONS,
    "dispensed_for": notices.EXEMPTIONS,
    "exemption": informing.EXEMPTIONS,
    "frequency": FREQUENCIES,
    "how": informing.WAYS,
    "received_by": CAME_BY,
    "scope": SCOPES,
    "type": TYPES,
}
OF_ROOMS = {
    ("holds", "kind"): HOLDS,
    ("holds", "outcome"): ENDINGS,
    ("interactions", "kind"): DEALINGS,
    ("proofs", "purpose"): PURPOSES,
    ("recipients", "ground"): GROUNDS,
    ("rights", "ground"): REQUEST_GROUNDS,
    ("rights", "kind"): KINDS,
    ("rights", "outcome"): OUTCOMES,
    ("rights", "status"): STATUSES,
    ("suppression", "reason"): REASONS,
    ("unsubscribe", "reason"): LEAVING,
}
#: Codes that the document of such a person must not show as they are.
CODES = {
    *("granted", "objected", "opened", "clicked", "delivered", "bounced", "partly_granted"),
    *("law_enforcement", "legitimate_interests", "attestation", "rights_request", "dispute"),
    *("call", "inquiry", "call_log", "conversations", "manual", "unsubscribe", "too_many"),
    *("weekly", "in", "out", "key", "recipient", "topic", "soft", "mobile", "SE", "unlawful"),
    *("news", "restriction", "erasure", "processor", "contacts.create", "due", "decided", "api"),
}
#: Codes that are English words themselves.
ENGLISH = {"opened", "delivered", "call", "inquiry", "restriction", "decided", "conversations"}


class Cells(HTMLParser):
    """Collects what stands in the cells and the headings of tables and lists."""

    def __init__(self) -> None:
        super().__init__()
        self.values: set[str] = set()
        self.headings: set[str] = set()
        self._within = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note which cell begins."""
        self._within = tag

    def handle_data(self, data: str) -> None:
        """Note what stands in it."""
        if self._within in {"td", "dd"}:
            self.values |= {part.strip() for part in data.split(", ")}
        elif self._within in {"th", "dt"}:
            self.headings.add(data)

    def handle_endtag(self, tag: str) -> None:
        """Note that it ended."""
        self._within = ""


@pytest.fixture
def tenant(app: Flask) -> Tenant:
    """A controller that speaks every language."""
    return make_tenant(app, policy=load_policy() | {"languages": list(LANGUAGES)})


def read(page: str) -> Cells:
    """Return what stands in a document."""
    cells = Cells()
    cells.feed(page)
    return cells


def named() -> Iterator[tuple[str, str, str | None]]:
    """Yield every code with its column and what it is called where it is spoken."""
    everywhere, of_rooms, sources = codes.everywhere(), codes.of_rooms(), codes.sources()
    yield from ((at, one, everywhere[at].get(one)) for at in EVERYWHERE for one in EVERYWHERE[at])
    for (room, column), every in OF_ROOMS.items():
        yield from ((f"{room}.{column}", one, of_rooms[room, column].get(one)) for one in every)
    yield from (("source", one, sources.get(one)) for one in SOURCE_KINDS)


def test_every_code_has_a_name(app: Flask) -> None:
    with app.test_request_context(), force_locale("et"):
        unnamed = [(where, code) for where, code, name in named() if not name]

    assert unnamed == []


@pytest.mark.rule(33)
@pytest.mark.parametrize("language", list(LANGUAGES))
def test_the_document_says_in_words_what_machines_are_told_in_codes(
    tenant: Tenant, language: str
) -> None:
    contact = known.live(tenant, language=language)

    request = granted(tenant, "access", contact_id=contact["id"], language=language)
    files = opened(fetch(tenant, request).data)

    cells = read(files["index.html"])
    assert cells.values & CODES <= (ENGLISH if language == "en" else set())
    assert {"Uudised ja pakkumised", known.RIGHT_TO_LEFT} <= cells.values
    assert {row["type"] for row in table(files, "engagement")} >= {"opened", "bounced"}
    assert data(files)["rights"][0]["refusal_ground"] == "law_enforcement"


@pytest.mark.rule(33)
def test_every_column_of_every_room_has_a_heading_or_is_left_out(
    tenant: Tenant, app: Flask
) -> None:
    contact = known.live(tenant, language="en")

    files = opened(fetch(tenant, granted(tenant, "access", contact_id=contact["id"])).data)

    with app.test_request_context(), force_locale("en"):
        headings = wording.columns()
    held = data(files)
    assert len([rows for rows in held.values() if rows]) >= 15
    assert {
        (room, column)
        for room, rows in held.items()
        for row in rows
        for column in row
        if column not in headings and not is_hidden(room, column)
    } == set()
    assert read(files["index.html"]).headings <= set(headings.values())


@pytest.mark.rule(33)
def test_a_person_of_whom_an_address_is_known_gets_a_whole_document(tenant: Tenant) -> None:
    answer = tenant.client.post(
        "/v1/contacts", json={"email": "only@example.com", "source": {"kind": "event"}}
    )

    files = opened(fetch(tenant, granted(tenant, "access", contact_id=answer.json["id"])).data)

    values = read(files["index.html"]).values
    assert {"only@example.com", "üritused, millel osalete"} & values
    assert "None" not in values


def test_recipients_that_were_told_go_by_their_names(tenant: Tenant) -> None:
    contact = known.live(tenant, language="en")

    files = opened(fetch(tenant, granted(tenant, "access", contact_id=contact["id"])).data)

    [notice] = data(files)["notices"]
    assert (notice["name"], notice["recipient"]) == ("Mailhouse", "mailhouse")


def test_attributes_are_shown_as_the_controller_calls_them(tenant: Tenant) -> None:
    contact = register(tenant, language="en", attributes={"segment": "granted"})

    request = granted(tenant, "access", contact_id=contact["id"], language="en")
    page = opened(fetch(tenant, request).data)["index.html"]

    assert "segment: granted" in read(page).values
