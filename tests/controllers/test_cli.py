"""The commands about keys."""

from collections.abc import Callable

import pytest
from click.testing import Result
from flask import Flask

from crm_service.controllers import service
from crm_service.controllers.cli import key
from crm_service.errors import Unauthenticated
from crm_service.web.principal import SCOPES
from tests.factories import Tenant

Run = Callable[..., Result]


@pytest.fixture
def run(app: Flask) -> Run:
    """Run ``crm-service key …``."""
    runner = app.test_cli_runner()
    return lambda *words: runner.invoke(key, list(words))


def test_a_created_key_is_alone_on_standard_output_and_has_every_scope(
    run: Run, tenant: Tenant
) -> None:
    result = run("create", "--controller", tenant.slug)

    assert result.exit_code == 0, result.output
    assert service.authenticate(result.stdout.strip()).scopes == frozenset(SCOPES)


def test_a_created_key_has_the_scopes_named(run: Run, tenant: Tenant) -> None:
    result = run("create", "--controller", tenant.slug, "--scope", "topics:read")

    assert service.authenticate(result.stdout.strip()).scopes == {"topics:read"}


def test_a_revoked_key_is_listed_as_such_and_opens_nothing(run: Run, tenant: Tenant) -> None:
    key_id = service.authenticate(tenant.key).key_id

    revoked = run("revoke", "--controller", tenant.slug, str(key_id))

    assert revoked.exit_code == 0, revoked.output
    assert f"{key_id}  " in run("list", "--controller", tenant.slug).stdout
    assert "revoked" in run("list", "--controller", tenant.slug).stdout
    with pytest.raises(Unauthenticated, match="revoked"):
        service.authenticate(tenant.key)


@pytest.mark.parametrize("command", ["create", "list"])
def test_an_unknown_controller_is_one_clear_line(run: Run, command: str) -> None:
    result = run(command, "--controller", "nobody")

    assert result.exit_code == 1
    assert result.stderr == "Error: there is no controller 'nobody'\n"
    assert result.stdout == ""


@pytest.mark.rule(36)
def test_a_key_of_another_controller_cannot_be_revoked(
    run: Run, tenant: Tenant, other_tenant: Tenant
) -> None:
    theirs = service.authenticate(other_tenant.key).key_id

    assert run("revoke", "--controller", tenant.slug, str(theirs)).exit_code == 1
    assert service.authenticate(other_tenant.key)
