"""Create indexes for lists of holds, notices and requests, and for what the worker looks at.

Each is made without stopping writers (CONCURRENTLY), outside a transaction: one that was broken off
leaves an index that is not valid, and is made anew when the migration runs again.
"""

from alembic import op

revision = "0041"
down_revision = "0040"

_OPEN = "acknowledged_at IS NULL AND dispensed_at IS NULL"

INDEXES = {
    "ix_holds_order": "holds (controller_id, set_at, id)",
    "ix_holds_standing": "holds (controller_id, set_at, id) WHERE lifted_at IS NULL",
    "ix_recipient_notices_open": f"recipient_notices (controller_id, due_on, id) WHERE {_OPEN}",
    "ix_recipient_notices_remind": (
        f"recipient_notices (remind_at) INCLUDE (reminders) WHERE {_OPEN}"
    ),
    "ix_recipient_notices_recipient": "recipient_notices (recipient_id, due_on, id)",
    "ix_recipient_notices_request": (
        "recipient_notices (controller_id, request_id) WHERE request_id IS NOT NULL"
    ),
    "ix_rights_requests_unclosed": (
        "rights_requests (controller_id, due_on, id) WHERE status <> 'closed'"
    ),
}
#: What ``ix_recipient_notices_recipient`` begins with.
REPLACED = {"ix_recipient_notices_recipient_id": "recipient_notices (recipient_id)"}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    with op.get_context().autocommit_block():
        _make(INDEXES)
        _drop(REPLACED)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    with op.get_context().autocommit_block():
        _make(REPLACED)
        _drop(INDEXES)


def _make(indexes: dict[str, str]) -> None:
    _drop(indexes)
    for name, definition in indexes.items():
        op.execute(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {definition}")


def _drop(indexes: dict[str, str]) -> None:
    for name in indexes:
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
