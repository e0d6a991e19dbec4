"""Running the commands, and reading what they wrote."""

import json
import zipfile
from pathlib import Path
from typing import Any

import psycopg
from click.testing import CliRunner, Result
from flask import Flask
from flask.cli import ScriptInfo
from psycopg import sql
from psycopg.rows import TupleRow

from crm_service.commands import controller_group

Admin = psycopg.Connection[TupleRow]

_TEXTS = """
SELECT c.relname FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
"""


def run(app: Flask, *arguments: str | Path) -> Result:
    """Run ``crm-service controller …`` in the application of the tests."""
    info = ScriptInfo(create_app=lambda: app, set_debug_flag=False)
    return CliRunner().invoke(controller_group, [*map(str, arguments)], obj=info)


def members(file: Path) -> dict[str, bytes]:
    """Return every member of an export with its content."""
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def lines(file: Path, name: str) -> list[dict[str, Any]]:
    """Return the lines of a member."""
    return [json.loads(line) for line in members(file)[name].splitlines()]


def everything(admin: Admin) -> str:
    """Return all rows of all tables as text, as a dump would hold them."""
    found = []
    for (table,) in admin.execute(_TEXTS).fetchall():
        query = sql.SQL("SELECT coalesce(string_agg(t::text, E'\\n'), '') FROM {} t")
        found += admin.execute(query.format(sql.Identifier(table))).fetchall()
    return "\n".join(row[0] for row in found)
