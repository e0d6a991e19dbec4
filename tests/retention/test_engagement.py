"""Rules about engagement: what became of messages has its own term, whoever the address is."""

from typing import Any

import pytest
from flask import Flask

from tests.contacts.register import Admin
from tests.engagement.happenings import happening, stored, take_in
from tests.factories import Tenant, load_policy, make_tenant
from tests.holds.holding import DISPUTE, lift, place
from tests.retention.aging import Retention, add, contacts, register
from tests.rights.asking import ask

#: A year after the events' time (2 November 2026, 9:00 UTC), and the second before.
OVER, BEFORE = "2027-11-02T09:00:00Z", "2027-11-02T08:59:59Z"
YEAR = {"category": "engagement", "keep": "P1Y", "from": "occurred"}
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Firefox/140.0"
NOBODY = "nobody@example.com"


def under(app: Flask, **rules: Any) -> Tenant:
    document = load_policy()
    document["retention"]["rules"].update(rules)
    document["engagement"] = {"raw_term": "P30D"}
    return make_tenant(app, policy=document)


def kinds(admin: Admin, tenant: Tenant) -> list[str]:
    return [one["type"] for one in stored(admin, tenant)]


def test_an_event_goes_when_its_own_term_is_over_and_the_person_stays(
    app: Flask, admin: Admin, retention: Retention
) -> None:
    tenant = under(app, opens=YEAR)
    contact = register(tenant)
    take_in(tenant, [happening("delivered"), happening("clicked", after=1)])

    retention.run(tenant, BEFORE)
    before = kinds(admin, tenant)
    [row] = retention.preview(tenant, OVER)
    retention.run(tenant, OVER)

    assert (before, kinds(admin, tenant)) == (["delivered", "clicked"], ["clicked"])
    assert (row["rule"], row["contact_id"], row["held"]) == ("opens", contact["id"], None)
    assert (row["since"], row["ended_at"]) == (
        "2026-11-02T09:00:00Z", "2027-11-02T09:00:00Z",
    )  # fmt: skip
    assert contacts(tenant) == {"mari@example.com"}


@pytest.mark.rule(33)
def test_an_address_that_no_contact_bears_has_its_events_erased_as_well(
    app: Flask, admin: Admin, retention: Retention
) -> None:
    tenant = under(app, opens=YEAR)
    said: dict[str, Any] = {"email": NOBODY, "campaign": "spring", "raw": {"a": "b"}}
    take_in(tenant, [happening("delivered", **said), happening("opened", after=1, **said)])
    raw = "SELECT count(*) FROM engagement_raw WHERE controller_id = %s"
    assert admin.execute(raw, (tenant.controller_id,)).fetchone() == (2,)

    retention.run(tenant, OVER)

    assert kinds(admin, tenant) == ["opened"]
    retention.run(tenant, "2027-11-02T09:00:01Z")
    assert kinds(admin, tenant) == []
    assert admin.execute(raw, (tenant.controller_id,)).fetchone() == (0,)
    counted = tenant.client.get("/v1/campaigns/spring/stats").json
    assert counted["delivered"] == 1


def test_the_last_interaction_of_the_person_keeps_every_event_of_theirs(
    app: Flask, admin: Admin, retention: Retention
) -> None:
    tenant = under(app, opens={**YEAR, "from": "last_interaction"})
    contact = register(tenant)
    take_in(tenant, [happening("delivered"), happening("delivered", email=NOBODY)])
    add(tenant, contact, "order", "2026-11-12T08:00:00Z")

    retention.run(tenant, OVER)
    kept = len(kinds(admin, tenant))
    retention.run(tenant, "2027-11-12T08:00:00Z")

    assert (kept, kinds(admin, tenant)) == (1, [])


@pytest.mark.parametrize("email", ["mari@example.com", NOBODY])
def test_of_a_device_nothing_stays_while_the_event_does(
    app: Flask, admin: Admin, retention: Retention, email: str
) -> None:
    fields = {"then": "fields", "fields": ["client", "os", "device", "url"]}
    tenant = under(app, devices={**YEAR, **fields})
    register(tenant)
    seen: dict[str, Any] = {"user_agent": FIREFOX, "url": "https://example.com/offer"}
    take_in(tenant, [happening("clicked", email=email, **seen)])
    [known] = stored(admin, tenant)

    retention.run(tenant, OVER)

    [left] = stored(admin, tenant)
    assert (known["os"], known["url"]) == ("Windows 10", "https://example.com/offer")
    assert {left[name] for name in fields["fields"]} == {None}
    assert (left["id"], left["type"]) == (known["id"], "clicked")
    assert retention.preview(tenant, OVER) == []


@pytest.mark.clause("si-05", "si-13")
def test_holds_and_open_requests_keep_events_too(
    app: Flask, admin: Admin, retention: Retention
) -> None:
    tenant = under(app, opens=YEAR)
    held, asking, other = (
        register(tenant, email=f"{name}@example.com") for name in ("held", "asking", "other")
    )
    take_in(tenant, [happening(email=one["email"]) for one in (held, asking, other)])
    hold = place(tenant, held, {**DISPUTE, "categories": ["engagement"]}).json
    place(tenant, other, {**DISPUTE, "categories": ["contracts"]})
    ask(tenant, "access", contact_id=asking["id"])

    rows = retention.preview(tenant, OVER)
    retention.run(tenant, OVER)

    why = {row["contact_id"]: row["held"] for row in rows}
    assert why == {held["id"]: "dispute", asking["id"]: "open_request", other["id"]: None}
    assert len(kinds(admin, tenant)) == 2
    lift(tenant, hold)
    retention.run(tenant, OVER)
    assert len(kinds(admin, tenant)) == 1


@pytest.mark.clause("si-13")
def test_a_request_of_somebody_without_a_contact_keeps_the_events_of_the_address(
    app: Flask, admin: Admin, retention: Retention
) -> None:
    tenant = under(app, opens=YEAR)
    take_in(tenant, [happening(email=NOBODY)])
    ask(tenant, "access", email=NOBODY)

    retention.run(tenant, OVER)

    assert kinds(admin, tenant) == ["delivered"]
    assert [row["held"] for row in retention.preview(tenant, OVER)] == ["open_request"]


@pytest.mark.rule(36)
def test_another_controllers_events_stay(
    app: Flask, admin: Admin, retention: Retention, other_tenant: Tenant
) -> None:
    tenant = under(app, opens=YEAR)
    for one in (tenant, other_tenant):
        take_in(one, [happening(email=NOBODY)])

    retention.run(tenant, OVER)

    assert (kinds(admin, tenant), kinds(admin, other_tenant)) == ([], ["delivered"])
