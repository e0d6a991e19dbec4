"""Whatever the order, the batches and the repetitions: the same events end in the same state."""

import itertools
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm_service.engagement.incoming import Incoming
from tests.contacts.register import CONSENT, register
from tests.engagement.happenings import (
    EMAIL,
    Admin,
    blocks,
    happening,
    last_engaged,
    stored,
    take_in,
)
from tests.factories import Tenant, make_tenant

KINDS = ("delivered", "opened", "clicked", "bounced", "complained", "unsubscribed", "subscribed")


@st.composite
def _event(draw: st.DrawFn) -> Incoming:
    return happening(
        draw(st.sampled_from(KINDS)),
        after=draw(st.integers(0, 12)),
        event_id=str(draw(st.integers(0, 10**9))),
        url=f"https://example.com/{draw(st.sampled_from('abc'))}",
        bounce=draw(st.sampled_from(["hard", "soft"])),
        machine=draw(st.booleans()),
    )


@st.composite
def _deliveries(draw: st.DrawFn) -> tuple[list[Incoming], list[list[Incoming]]]:
    """Return events, and the same ones shuffled, repeated and cut into batches."""
    events = draw(st.lists(_event(), min_size=1, max_size=8, unique_by=lambda e: e.event_id))
    again = draw(st.permutations([*events, *draw(st.lists(st.sampled_from(events), max_size=4))]))
    cuts = sorted(draw(st.lists(st.integers(0, len(again)), max_size=3)))
    edges = [0, *cuts, len(again)]
    return events, [list(again[a:b]) for a, b in itertools.pairwise(edges)]


def _state(admin: Admin, tenant: Tenant) -> dict[str, Any]:
    states = "SELECT basis, state FROM permissions WHERE controller_id = %s"
    return {
        "events": sorted(
            (one["occurred_at"], one["type"], one["url"] or "", one["machine"])
            for one in stored(admin, tenant)
        ),
        "blocks": blocks(admin, tenant),
        "permissions": admin.execute(states, (tenant.controller_id,)).fetchall(),
        "last": last_engaged(admin, tenant),
    }


@pytest.mark.rule(28, 29, 30)
@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(deliveries=_deliveries())
def test_any_order_and_repetition_ends_in_the_same_state(
    app: Flask, admin: Admin, deliveries: tuple[list[Incoming], list[list[Incoming]]]
) -> None:
    events, batches = deliveries
    plain, mixed = make_tenant(app), make_tenant(app)
    for tenant in (plain, mixed):
        register(tenant, email=EMAIL, permissions=[CONSENT])

    take_in(plain, events)
    for batch in batches:
        take_in(mixed, batch)

    assert _state(admin, mixed) == _state(admin, plain)
