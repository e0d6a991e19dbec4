"""Tenants: created once, found by name, and blind to each other below the application too."""

import secrets

import pytest
import sqlalchemy as sa
from flask import Flask

from crm_service.controllers import service
from crm_service.controllers.models import ApiKey, Controller
from crm_service.db import transaction
from crm_service.errors import Conflict, Invalid, NotFound
from tests.factories import Tenant


def test_a_slug_is_taken_once(app: Flask, tenant: Tenant) -> None:
    with pytest.raises(Conflict) as refused, transaction() as session:
        service.create(session, slug=tenant.slug, name="Another")

    assert refused.value.code == "controller_exists"


@pytest.mark.parametrize("slug", ["", "-a", "A", "a_b", "a" * 64])
def test_a_slug_that_is_none_is_refused(app: Flask, slug: str) -> None:
    with pytest.raises(Invalid), transaction() as session:
        service.create(session, slug=slug, name="Another")


def test_a_link_reference_is_32_unsigned_bits(app: Flask) -> None:
    with transaction() as session:
        controller = service.create(session, slug=f"t-{secrets.token_hex(8)}", name="X")

        assert 0 <= controller.link_ref < 2**32


def test_an_operator_enters_a_controller_by_its_slug(app: Flask, tenant: Tenant) -> None:
    with transaction() as session:
        assert service.enter(session, tenant.slug).id == tenant.controller_id
        assert len(service.list_keys(session, tenant.controller_id)) == 1


def test_a_controller_that_is_not_there_cannot_be_entered(app: Flask) -> None:
    with pytest.raises(NotFound, match="no controller"), transaction() as session:
        service.enter(session, "nobody")


@pytest.mark.rule(36)
def test_without_a_controller_no_row_is_visible(app: Flask, tenant: Tenant) -> None:
    with transaction() as session:
        assert session.scalars(sa.select(ApiKey)).all() == []
        assert session.scalars(sa.select(Controller)).all() == []


@pytest.mark.rule(36)
def test_the_database_shows_a_tenant_its_own_rows_only(
    app: Flask, tenant: Tenant, other_tenant: Tenant
) -> None:
    with transaction(tenant.controller_id) as session:
        seen = session.scalars(sa.select(ApiKey.controller_id)).all()

    assert set(seen) == {tenant.controller_id}


@pytest.mark.rule(36)
def test_the_database_refuses_to_write_for_another_tenant(
    app: Flask, tenant: Tenant, other_tenant: Tenant
) -> None:
    with (
        pytest.raises(sa.exc.DBAPIError, match="row-level security"),
        transaction(tenant.controller_id) as session,
    ):
        service.issue_key(session, other_tenant.controller_id, name="x", actor="operator:test")
