"""Migrations go up, down and up again, one at a time, and end where the models are."""

import importlib
import pkgutil
import warnings
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import crm_service
from crm_service.db import Base
from crm_service.embedded import EmbeddedPostgres
from crm_service.errors import ConfigurationError
from crm_service.migrating import alembic_config, ensure_logins, migrate

#: What a model declares must be in the database. The database may hold more: indexes and
#: constraints that only PostgreSQL needs to know, comments that only the models bear.
IGNORED = ("remove_index", "remove_constraint", "modify_comment", "remove_table_comment")

_OBJECTS = """
SELECT relkind::text || ' ' || relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relname NOT LIKE 'alembic%%'
UNION ALL SELECT 'f ' || proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
ORDER BY 1
"""


def _objects(engine: sa.Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.execute(sa.text(_OBJECTS.replace("%%", "%"))).scalars())


def _change(engine: sa.Engine, *, up: bool) -> list[str]:
    with engine.connect() as connection:
        config = alembic_config(connection)
        command.upgrade(config, "head") if up else command.downgrade(config, "base")
    return _objects(engine)


def test_down_removes_everything_and_up_makes_it_again(owner: sa.Engine) -> None:
    made = _change(owner, up=True)

    left = _change(owner, up=False)
    made_again = _change(owner, up=True)

    assert "r contacts" in made
    assert left == []
    assert made_again == made


def test_there_is_one_head(owner: sa.Engine) -> None:
    with owner.connect() as connection:
        scripts = ScriptDirectory.from_config(alembic_config(connection))

    assert len(scripts.get_heads()) == 1
    assert len(scripts.get_bases()) == 1


def test_every_model_is_as_its_table_is(owner: sa.Engine) -> None:
    for module in pkgutil.walk_packages(crm_service.__path__, "crm_service."):
        if module.name.endswith(".models"):
            importlib.import_module(module.name)
    _change(owner, up=True)

    with owner.connect() as connection, warnings.catch_warnings():
        # Tables hold types that SQLAlchemy has no name for.
        warnings.simplefilter("ignore", sa.exc.SAWarning)
        known = {"compare_type": True, "include_name": _is_modeled}
        found = compare_metadata(MigrationContext.configure(connection, opts=known), Base.metadata)

    differences = [each[0] if isinstance(each, list) else each for each in found]
    assert [each for each in differences if each[0] not in IGNORED] == []


def _is_modeled(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "table" or name in Base.metadata.tables


def test_two_migrations_at_once_take_turns(empty: EmbeddedPostgres, owner: sa.Engine) -> None:
    with ThreadPoolExecutor(2) as instances:
        done = [instances.submit(migrate, empty.url()) for _ in range(2)]

        errors = [each.exception() for each in done]

    assert errors == [None, None]
    assert "r contacts" in _objects(owner)


_UNINDEXED = """
SELECT relid::text FROM pg_partition_tree('ledger_entries') WHERE isleaf AND NOT EXISTS (
    SELECT FROM pg_index WHERE indrelid = relid AND indisvalid
        AND pg_get_indexdef(indexrelid) LIKE '%%(controller_id, address_key)')
UNION ALL
SELECT indexrelid::regclass::text FROM pg_index
WHERE indexrelid = 'ix_ledger_entries_address'::regclass AND NOT indisvalid
"""


def test_the_ledger_is_indexed_by_address_in_every_partition_also_after_a_failure(
    owner: sa.Engine,
) -> None:
    with owner.connect() as connection:
        config = alembic_config(connection)
        every = ScriptDirectory.from_config(config).walk_revisions()
        [index] = [one for one in every if one.path.endswith("_ledger_by_address.py")]
        command.upgrade(config, str(index.down_revision))
    # What a build that broke off leaves: the parent's index alone.
    with owner.begin() as connection:
        begun = "CREATE INDEX ix_ledger_entries_address ON ONLY ledger_entries"
        connection.execute(sa.text(f"{begun} (controller_id, address_key)"))

    _change(owner, up=True)

    with owner.begin() as connection:
        more = (
            "SELECT crm_create_partitions('ledger_entries', interval '1 year', interval '3 years')"
        )
        made = connection.execute(sa.text(more)).scalar_one()
        unindexed = connection.execute(sa.text(_UNINDEXED.replace("%%", "%"))).scalars().all()
    assert (made, unindexed) == (2, [])


@pytest.mark.rule(36)
def test_logins_act_as_their_role_and_can_bypass_nothing(empty: EmbeddedPostgres) -> None:
    migrate(empty.url())

    ensure_logins(empty.url(), empty.url("app%20one"), empty.url("worker"))
    ensure_logins(empty.url(), empty.url("app%20one"), empty.url("worker"))

    with psycopg.connect(empty.url("app%20one")) as connection:
        connection.execute("SET ROLE crm_app")
        seen = connection.execute(
            "SELECT count(*), bool_or(rolbypassrls OR rolsuper) FROM pg_roles "
            "WHERE rolname = session_user"
        ).fetchone()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SET ROLE crm_worker")
    assert seen == (1, False)


def test_a_login_without_the_right_to_migrate_is_told_so(empty: EmbeddedPostgres) -> None:
    ensure_owner = "CREATE ROLE stranger LOGIN"
    with psycopg.connect(empty.url(), autocommit=True) as connection:
        connection.execute(ensure_owner)

    with pytest.raises(ConfigurationError, match="may not change the database"):
        migrate(empty.url("stranger"))
