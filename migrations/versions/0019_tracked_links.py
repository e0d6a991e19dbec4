"""Create the destinations of tracked links: where a controller's messages lead, nobody's data.

Additive: a new table only.
"""

from alembic import op

revision = "0019"
down_revision = "0018"

UP = [
    """CREATE TABLE tracked_links (
        controller_id uuid NOT NULL,
        ref text NOT NULL,
        url text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_tracked_links PRIMARY KEY (controller_id, ref)
    )""",
    "COMMENT ON COLUMN tracked_links.ref IS 'signs controller and url, under a link key'",
    "CALL crm_protect('tracked_links')",
    "GRANT SELECT, INSERT ON tracked_links TO crm_app",
]

DOWN = ["DROP TABLE tracked_links"]


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in DOWN:
        op.execute(statement)
