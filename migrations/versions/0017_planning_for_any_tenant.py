"""Let no plan rest on which tenants were sampled.

Additive. Statistics of a column that tells tenants apart describe the tenants of the last sample:
of a new one the planner expects no row and takes any index that begins with the controller, which
then is read in full. Without statistics it expects a share of the table and looks rows up by their
own index. Tables with one such index need nothing. ``crm_analyze`` (0006) has no caller any more;
it stays while processes of an earlier release may run.
"""

from alembic import op

revision = "0017"
down_revision = "0016"

SKEWED = (
    "audit_entries",
    "contacts",
    "engagement_events",
    "events",
    "ledger_entries",
    "permissions",
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for name in SKEWED:
        op.execute(f"ALTER TABLE {name} ALTER COLUMN controller_id SET STATISTICS 0")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for name in SKEWED:
        op.execute(f"ALTER TABLE {name} ALTER COLUMN controller_id SET STATISTICS -1")
