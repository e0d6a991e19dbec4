"""Remember when to remind of notices that are not confirmed, and the certificates of erasures.

Additive: new columns. The worker sees of a notice whose it is by id alone, and of recipients the
slug.
"""

from alembic import op

revision = "0037"
down_revision = "0036"

UP = [
    """ALTER TABLE recipient_notices
        ADD COLUMN remind_at timestamptz NOT NULL DEFAULT now(),
        ADD COLUMN remind_every interval NOT NULL DEFAULT '7 days',
        ADD COLUMN reminders integer NOT NULL DEFAULT 0""",
    "COMMENT ON COLUMN recipient_notices.remind_at IS 'from then on it is told again'",
    "CREATE POLICY worker_reminds ON recipient_notices TO crm_worker USING (true)",
    """GRANT SELECT (id, controller_id, recipient_id, subject_id, cause, request_id, due_on,
        acknowledged_at, dispensed_at, remind_at, remind_every, reminders),
        UPDATE (remind_at, reminders) ON recipient_notices TO crm_worker""",
    """CREATE POLICY worker_reminds ON events FOR INSERT TO crm_worker
        WITH CHECK (type = 'recipient_notice.due.v1')""",
    "CREATE POLICY worker_names ON recipients FOR SELECT TO crm_worker USING (true)",
    "GRANT SELECT (id, controller_id, slug) ON recipients TO crm_worker",
    "ALTER TABLE rights_requests ADD COLUMN certificate jsonb, ADD COLUMN certified_by uuid",
    "COMMENT ON COLUMN rights_requests.certificate IS 'of an erasure; names nobody'",
    "COMMENT ON COLUMN rights_requests.certified_by IS 'the audit entry with its digest'",
]

DOWN = [
    "ALTER TABLE rights_requests DROP COLUMN certified_by, DROP COLUMN certificate",
    "REVOKE SELECT (id, controller_id, slug) ON recipients FROM crm_worker",
    "DROP POLICY worker_names ON recipients",
    "DROP POLICY worker_reminds ON events",
    "REVOKE ALL ON recipient_notices FROM crm_worker",
    "DROP POLICY worker_reminds ON recipient_notices",
    """ALTER TABLE recipient_notices DROP COLUMN reminders, DROP COLUMN remind_every,
        DROP COLUMN remind_at""",
]


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in DOWN:
        op.execute(statement)
