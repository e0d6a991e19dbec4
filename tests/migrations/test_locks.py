"""No migration holds a lock that stops a running service (squawk's rules)."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory

from crm_service.migrating import alembic_config

SQUAWK = Path(sys.prefix) / "bin" / "squawk"
#: Rules that do not fit, and why.
EXCLUDED = (
    "prefer-bigint-over-int",  # counts and versions stay small
    "prefer-bigint-over-smallint",  # attempts and key versions are bounded
    "require-statement-timeout",  # an index may take long; what others wait for is limited by locks
)


def _statements_by_revision(engine: sa.Engine) -> dict[str, list[str]]:
    """Migrate step by step, and return what each step said."""
    said: list[str] = []
    sa.event.listen(
        engine, "before_cursor_execute", lambda _c, _cursor, text, *_rest: said.append(text)
    )
    by_revision = {}
    with engine.connect() as connection:
        config = alembic_config(connection)
        scripts = ScriptDirectory.from_config(config)
        for script in reversed(list(scripts.walk_revisions())):
            said.clear()
            command.upgrade(config, script.revision)
            by_revision[script.revision] = [text for text in said if _is_own(text)]
    return by_revision


def _is_own(text: str) -> bool:
    return not re.search(r"alembic_version|pg_catalog", text)


def test_every_migration_limits_its_wait_for_locks(owner: sa.Engine) -> None:
    by_revision = _statements_by_revision(owner)

    first = {revision: statements[0] for revision, statements in by_revision.items()}

    assert set(first.values()) == {"SET LOCAL lock_timeout = '4s'"}


def _script(statements: list[str]) -> str:
    """Return a migration as it runs: what is done concurrently, behind its transaction."""
    texts = [statement.strip() for statement in statements]
    alone = [text for text in texts if "CONCURRENTLY" in text]
    together = [text for text in texts if text not in alone]
    limit = ["SET lock_timeout = '4s'"] if alone else []
    return ";\n".join(["BEGIN", *together, "COMMIT", *limit, *alone, ""])


def test_no_migration_stops_a_running_service(owner: sa.Engine, tmp_path: Path) -> None:
    for revision, statements in _statements_by_revision(owner).items():
        (tmp_path / f"{revision}.sql").write_text(_script(statements))

    judged = subprocess.run(  # noqa: S603 - no shell, our own tool
        [SQUAWK, "--pg-version=15", f"--exclude={','.join(EXCLUDED)}", *tmp_path.glob("*.sql")],
        capture_output=True,
        text=True,
        check=False,
    )

    if judged.returncode:
        pytest.fail(judged.stdout + judged.stderr)
