"""Stamp suppressions with the transactions by which they come and go.

Events tell it too, but months of them are dropped in time; a proof needs it for as long as the
suppression is kept. Additive: new columns, empty in the rows there are, whose defaults hold for new
rows only; and a trigger, so that no way of lifting can forget the stamp.
"""

from alembic import op

revision = "0043"
down_revision = "0042"

COLUMNS = (
    ("added_xid", "xid8", "pg_current_xact_id()"),
    ("recorded_at", "timestamptz", "now()"),
    ("lifted_xid", "xid8", None),
    ("lift_recorded_at", "timestamptz", None),
)

STAMP = """
CREATE FUNCTION crm_stamp_lift() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.lifted_xid := pg_current_xact_id();
    NEW.lift_recorded_at := now();
    RETURN NEW;
END $$
"""

TRIGGER = """
CREATE TRIGGER stamp_lift BEFORE UPDATE OF lifted_at ON suppressions FOR EACH ROW
WHEN (OLD.lifted_at IS NULL AND NEW.lifted_at IS NOT NULL) EXECUTE FUNCTION crm_stamp_lift()
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for name, kind, _ in COLUMNS:
        op.execute(f"ALTER TABLE suppressions ADD COLUMN {name} {kind}")
    # Afterwards: with the column it would stamp the rows there are with the migration's own.
    for name, _, default in COLUMNS:
        if default:
            op.execute(f"ALTER TABLE suppressions ALTER COLUMN {name} SET DEFAULT {default}")
    op.execute(STAMP)
    op.execute(TRIGGER)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("DROP TRIGGER stamp_lift ON suppressions")
    op.execute("DROP FUNCTION crm_stamp_lift()")
    for name, _, _ in COLUMNS:
        op.execute(f"ALTER TABLE suppressions DROP COLUMN {name}")
