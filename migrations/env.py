"""Alembic's entry: runs migrations as the owner, in one transaction a migration."""

from alembic import context
from flask import current_app

from crm_service.db import Base

config = context.config


def run() -> None:
    """Run against the connection that ``crm-service migrate`` hands over."""
    connection = config.attributes.get("connection")
    if connection is None:
        engine = current_app.extensions["migrate"].db.engine
        with engine.connect() as opened:
            _run_with(opened)
    else:
        _run_with(connection)


def _run_with(connection: object) -> None:
    context.configure(
        connection=connection,  # type: ignore[arg-type]  # alembic's stub wants its own union
        target_metadata=Base.metadata,
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
