"""Let erasure empty what is left of a person: the need of a disclosure, ids of messages in events.

Additive: grants only.
"""

from alembic import op

revision = "0036"
down_revision = "0035"

GRANTS = (("need", "disclosures"), ("data", "events"))


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for column, table in GRANTS:
        op.execute(f"GRANT UPDATE ({column}) ON {table} TO crm_app")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for column, table in GRANTS:
        op.execute(f"REVOKE UPDATE ({column}) ON {table} FROM crm_app")
