"""Create controllers' requests for an operator's help (clause ee-21).

Additive: a new table only.
"""

from alembic import op

revision = "0035"
down_revision = "0034"

UP = [
    """CREATE TABLE assistance_requests (
        id uuid NOT NULL,
        controller_id uuid NOT NULL,
        requested_by text NOT NULL,
        task text NOT NULL,
        ends_at timestamptz NOT NULL,
        ended_at timestamptz,
        recorded_by text NOT NULL,
        recorded_at timestamptz NOT NULL,
        CONSTRAINT pk_assistance_requests PRIMARY KEY (id)
    )""",
    "CREATE INDEX ix_assistance_requests_controller_id ON assistance_requests (controller_id, id)",
    "CALL crm_protect('assistance_requests')",
    "GRANT SELECT, INSERT, UPDATE ON assistance_requests TO crm_app",
]


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("DROP TABLE assistance_requests")
