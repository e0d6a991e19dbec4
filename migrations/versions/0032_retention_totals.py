"""Create what anonymized data leave behind: a count by category and year, with no key to anybody.

Additive: a new table only.
"""

from alembic import op

revision = "0032"
down_revision = "0031"

UP = [
    """CREATE TABLE retention_totals (
        controller_id uuid NOT NULL,
        category text NOT NULL,
        year integer NOT NULL,
        records bigint NOT NULL,
        CONSTRAINT pk_retention_totals PRIMARY KEY (controller_id, category, year)
    )""",
    "CALL crm_protect('retention_totals')",
    "GRANT SELECT, INSERT, UPDATE ON retention_totals TO crm_app",
]


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("DROP TABLE retention_totals")
