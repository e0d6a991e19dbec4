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


def test_no_migration_stops_a_running_service(owner: sa.Engine, tmp_path: Path) -> None:
    for revision, statements in _statements_by_revision(owner).items():
        text = ";\n".join(statement.strip() for statement in statements)
        (tmp_path / f"{revision}.sql").write_text(f"BEGIN;\n{text};\nCOMMIT;\n")

    judged = subprocess.run(  # noqa: S603 - no shell, our own tool
        [SQUAWK, "--pg-version=15", f"--exclude={','.join(EXCLUDED)}", *tmp_path.glob("*.sql")],
        capture_output=True,
        text=True,
        check=False,
    )

    if judged.returncode:
        pytest.fail(judged.stdout + judged.stderr)
