"""User agents and providers' own words are kept for the policy's term, then forgotten."""

from threading import Event
from typing import Any

import psycopg
import pytest
from flask import Flask

from crm_service.config import Settings
from crm_service.db import WORKER_ROLE, connect_options
from crm_service.engagement import forgetting
from tests.engagement.happenings import EMAIL, Admin, happening, stored, take_in
from tests.factories import Tenant, load_policy, make_tenant


@pytest.fixture
def keeping(app: Flask) -> Tenant:
    """A controller whose policy keeps raw parts for thirty days."""
    return make_tenant(app, policy=load_policy() | {"engagement": {"raw_term": "P30D"}})


def _raw(admin: Admin, tenant: Tenant) -> list[tuple[object, ...]]:
    return admin.execute(
        "SELECT user_agent, ip_prefix, raw, expires_on - current_date FROM engagement_raw"
        " WHERE controller_id = %s ORDER BY user_agent",
        (tenant.controller_id,),
    ).fetchall()


@pytest.mark.clause("ee-03")
def test_raw_parts_are_kept_for_the_term(keeping: Tenant, admin: Admin) -> None:
    said: dict[str, Any] = {
        "user_agent": "Mail/1",
        "ip_prefix": "192.0.2.0/24",
        "raw": {"to": EMAIL},
    }

    take_in(keeping, [happening("opened", **said), happening()])

    assert _raw(admin, keeping) == [("Mail/1", "192.0.2.0/24", {"to": EMAIL}, 30)]


def test_what_is_larger_than_anybody_reads_is_left_out(keeping: Tenant, admin: Admin) -> None:
    raws = [{"x": "y" * 30_000}, {"x": "\0"}, {"x": {1, 2}}]

    take_in(keeping, [happening("opened", user_agent="M" * 100_000, raw=raw) for raw in raws])

    assert [(len(str(row[0])), row[2]) for row in _raw(admin, keeping)] == [(512, None)] * 3


def test_the_worker_forgets_what_is_over_and_nothing_else(
    keeping: Tenant, admin: Admin, settings: Settings
) -> None:
    take_in(keeping, [happening("opened", user_agent=f"Mail/{n}") for n in (1, 2)])
    admin.execute(
        "UPDATE engagement_raw SET expires_on = current_date - 1"
        " WHERE controller_id = %s AND user_agent = 'Mail/1'",
        (keeping.controller_id,),
    )
    admin.execute(
        "UPDATE engagement_seen SET seen_on = current_date - 500 WHERE controller_id = %s",
        (keeping.controller_id,),
    )

    with psycopg.connect(
        settings.worker_url, autocommit=True, **connect_options(WORKER_ROLE)
    ) as worker:
        forgetting.forget_expired(worker, Event())

    seen = "SELECT count(*) FROM engagement_seen WHERE controller_id = %s"
    assert [row[0] for row in _raw(admin, keeping)] == ["Mail/2"]
    assert admin.execute(seen, (keeping.controller_id,)).fetchone() == (0,)
    assert len(stored(admin, keeping)) == 2
