"""The timeline in pages of any size: nothing is told twice, and nothing is left out."""

from datetime import datetime
from typing import Any

import pytest
from flask import Flask

from crm_service.history.sources import KINDS
from tests.contacts.register import Admin
from tests.contracts.test_contracts import add
from tests.engagement.happenings import happening, take_in
from tests.factories import Tenant
from tests.holds.holding import DISPUTE, lift, place, resolve
from tests.notices.owed import granted
from tests.permissions.person import Person, make_person
from tests.permissions.test_lifting import lift_everything
from tests.recipients.register import MAILHOUSE, enter, hand
from tests.rights.asking import at, step, under

MOMENT = "2026-11-20T00:00:00+00:00"
TODAY = "2026-11-20"


@pytest.fixture
def mari(app: Flask, admin: Admin) -> Person:
    """A person of whom everything there is to tell happened in one moment."""
    with at(MOMENT):
        person = make_person(under(app, "tenzor"), admin, first_name="Mari")
        _let_happen(person)
    return person


def _let_happen(person: Person) -> None:
    tenant, contact, now = person.tenant, {"id": str(person.id)}, datetime.fromisoformat(MOMENT)
    person.grant("consent")
    for one in ({"reference": "A", "signed_on": TODAY}, {"reference": "B", "signed_on": TODAY}):
        add(tenant, contact, **one, ended_on=TODAY)
    take_in(tenant, [happening(kind, occurred_at=now) for kind in ("delivered", "opened")])
    call = {"kind": "call", "occurred_at": MOMENT}
    for _ in range(2):
        tenant.client.post(f"{person.path}/interactions", json=call)
    hold = place(tenant, contact, DISPUTE).json
    resolve(tenant, hold, "judgment", TODAY)
    lift(tenant, hold)
    enter(tenant, MAILHOUSE)
    hand(person)
    step(tenant, granted(person, "access"), "close")
    person.suppress("manual")
    lift_everything(person)


def page(tenant: Tenant, person: Person, query: str) -> dict[str, Any]:
    answer = tenant.client.get(f"{person.path}/history?{query}")
    assert answer.status_code == 200, answer.json
    found: dict[str, Any] = answer.json
    return found


def in_pages(person: Person, limit: int) -> list[dict[str, Any]]:
    """Return the timeline as it is read in pages of a size."""
    seen: list[dict[str, Any]] = []
    more: str | None = ""
    while more is not None:
        found = page(person.tenant, person, f"limit={limit}{more}")
        seen += found["items"]
        more = found["next_cursor"] and f"&cursor={found['next_cursor']}"
    return seen


def test_pages_of_any_size_tell_the_whole_timeline_once(mari: Person) -> None:
    whole = page(mari.tenant, mari, "limit=1000")["items"]

    told = {limit: in_pages(mari, limit) for limit in range(1, len(whole) + 2)}

    assert {one["kind"] for one in whole} == set(KINDS)
    assert {one["at"] for one in whole if one["kind"] == "contract"} == {"2026-11-20T00:00:00Z"}
    assert [limit for limit, items in told.items() if items != whole] == []


@pytest.mark.parametrize(
    ("kind", "course"),
    [
        ("contract", ["ended", "signed", "ended", "signed"]),
        ("hold", ["lifted", "resolved", "set"]),
        ("rights_request", ["closed", "decided", "received"]),
        ("suppression", ["lifted", "added"]),
    ],
)
def test_what_became_of_one_thing_in_one_moment_stands_in_its_order(
    mari: Person, kind: str, course: list[str]
) -> None:
    found = page(mari.tenant, mari, f"kind={kind}")["items"]

    assert [one["what"] for one in found] == course
