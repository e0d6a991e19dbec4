"""Let a suppression end by itself: a pause. Note that a block was set again.

Additive: the previous release sets none, and would take one for a block without an end. Its check
of reasons is replaced by a wider one. Neither new check is validated: what is stored passed a
narrower one, and a look at every row would be for nothing.
"""

from alembic import op

revision = "0020"
down_revision = "0019"

REASONS = (
    "'unsubscribe', 'objection', 'complaint', 'hard_bounce', 'invalid', 'erasure', 'manual', "
    "'import'"
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("ALTER TABLE suppressions ADD COLUMN ends_at timestamptz")
    op.execute("ALTER TABLE suppressions ADD COLUMN restated_at timestamptz")
    op.execute("COMMENT ON COLUMN suppressions.ends_at IS 'when a pause is over'")
    op.execute(
        """-- The one that takes its place comes in the same transaction.
           -- squawk-ignore ban-drop-constraint
           ALTER TABLE suppressions DROP CONSTRAINT ck_suppressions_reason"""
    )
    op.execute(
        f"""ALTER TABLE suppressions ADD CONSTRAINT ck_suppressions_reason
            CHECK (reason IN ({REASONS}, 'pause')) NOT VALID"""
    )
    op.execute(
        """ALTER TABLE suppressions ADD CONSTRAINT ck_suppressions_ends_at
           CHECK ((reason = 'pause') = (ends_at IS NOT NULL)) NOT VALID"""
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("ALTER TABLE suppressions DROP CONSTRAINT ck_suppressions_ends_at")
    op.execute("ALTER TABLE suppressions DROP CONSTRAINT ck_suppressions_reason")
    # Who asked for a pause is not written to more because of a step back: it becomes a refusal.
    op.execute(
        """UPDATE suppressions s SET reason = 'manual', lifted_at = CASE
               WHEN s.lifted_at IS NULL AND s.ends_at > now() AND NOT EXISTS (
                   SELECT FROM suppressions o WHERE o.controller_id = s.controller_id
                       AND o.address_key = s.address_key AND o.scope = s.scope
                       AND o.topic_id IS NOT DISTINCT FROM s.topic_id AND o.reason = 'manual'
                       AND o.lifted_at IS NULL)
               THEN NULL ELSE coalesce(s.lifted_at, now()) END
           WHERE s.reason = 'pause'"""
    )
    op.execute("ALTER TABLE suppressions DROP COLUMN ends_at")
    op.execute("ALTER TABLE suppressions DROP COLUMN restated_at")
    op.execute(
        f"""ALTER TABLE suppressions ADD CONSTRAINT ck_suppressions_reason
            CHECK (reason IN ({REASONS})) NOT VALID"""
    )
