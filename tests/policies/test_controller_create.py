import secrets
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result
from flask import Flask
from psycopg.rows import TupleRow

from crm_service.cli import main
from tests.policies.documents import CANTEC_EE

Admin = psycopg.Connection[TupleRow]


@pytest.fixture
def slug(app: Flask) -> str:
    """A slug that nobody has."""
    return f"t-{secrets.token_hex(8)}"


def create(slug: str, policy: Path, *options: str) -> Result:
    arguments = ["controller", "create", slug, "--policy", str(policy), *options]
    return CliRunner().invoke(main, arguments)


def stored(admin: Admin, slug: str) -> list[TupleRow]:
    return admin.execute(
        """SELECT v.version, v.name, a.version FROM controllers c
           LEFT JOIN policy_versions v ON v.controller_id = c.id
           LEFT JOIN agreement_acceptances a ON a.controller_id = c.id
           WHERE c.slug = %s""",
        (slug,),
    ).fetchall()


@pytest.mark.clause("ee-07")
def test_a_controller_has_its_policy_and_its_agreement_is_open(slug: str, admin: Admin) -> None:
    result = create(slug, CANTEC_EE)

    assert result.exit_code == 0, result.output
    assert stored(admin, slug) == [(1, "cantec-ee", None)]


@pytest.mark.clause("ee-07")
def test_the_operator_may_record_the_acceptance_at_once(slug: str, admin: Admin) -> None:
    result = create(slug, CANTEC_EE, "--accept-agreement")

    assert result.exit_code == 0, result.output
    assert stored(admin, slug) == [(1, "cantec-ee", "2026-01")]


def test_a_taken_slug_is_refused_and_the_first_controller_stays(slug: str, admin: Admin) -> None:
    create(slug, CANTEC_EE)

    result = create(slug, CANTEC_EE, "--accept-agreement")

    assert result.exit_code == 1
    assert "taken" in result.output
    assert stored(admin, slug) == [(1, "cantec-ee", None)]


def test_a_policy_with_a_typo_is_named_and_nothing_is_stored(
    slug: str, admin: Admin, tmp_path: Path
) -> None:
    file = tmp_path / "broken.yaml"
    file.write_text(CANTEC_EE.read_text().replace("timezone: Europe/Tallinn", "timezone: Tallinn"))

    result = create(slug, file)

    assert result.exit_code == 1
    assert str(file) in result.output
    assert "timezone: 'Tallinn' is no time zone" in result.output
    assert stored(admin, slug) == []
