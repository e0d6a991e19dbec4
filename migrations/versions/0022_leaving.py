"""Create what unsubscribe pages need: fetches of links, answers to why, the controller's logo.

Additive: new tables only. Fetches are unlogged: they count for seconds, and a crash may forget
them.
"""

from alembic import op

revision = "0022"
down_revision = "0021"

REASONS = "'too_many', 'not_relevant', 'never_asked', 'no_longer_needed', 'other'"

UP = [
    """CREATE UNLOGGED TABLE link_fetches (
        controller_id uuid NOT NULL,
        link uuid NOT NULL,
        place uuid,
        is_machine boolean NOT NULL,
        fetched_at timestamptz NOT NULL
    )""",
    "COMMENT ON COLUMN link_fetches.link IS 'keyed hash'",
    "COMMENT ON COLUMN link_fetches.place IS 'keyed hash of a network'",
    "CREATE INDEX ix_link_fetches_fetched_at ON link_fetches (controller_id, fetched_at)",
    "CALL crm_protect('link_fetches')",
    "CREATE POLICY worker_forgets ON link_fetches TO crm_worker USING (true)",
    "GRANT SELECT, INSERT ON link_fetches TO crm_app",
    "GRANT SELECT, DELETE ON link_fetches TO crm_worker",
    # What somebody answered, until that person is erased.
    f"""CREATE TABLE leaving_answers (
        controller_id uuid NOT NULL,
        correlation uuid NOT NULL,
        subject_id uuid NOT NULL,
        topic_id uuid,
        reason text,
        comment text,
        given_at timestamptz NOT NULL,
        CONSTRAINT pk_leaving_answers PRIMARY KEY (controller_id, correlation),
        CONSTRAINT ck_leaving_answers_reason CHECK (reason IN ({REASONS})),
        CONSTRAINT ck_leaving_answers_says
            CHECK (reason IS NOT NULL OR comment IS NOT NULL)
    )""",
    "COMMENT ON COLUMN leaving_answers.correlation IS 'of the click'",
    "COMMENT ON COLUMN leaving_answers.comment IS 'personal data: whatever the person wrote'",
    "CREATE INDEX ix_leaving_answers_subject ON leaving_answers (controller_id, subject_id)",
    "CREATE INDEX ix_leaving_answers_given_at ON leaving_answers (controller_id, given_at)",
    "CALL crm_protect('leaving_answers')",
    "GRANT SELECT, INSERT, DELETE ON leaving_answers TO crm_app",
    # How often each was answered: leads back to nobody, and stays (clause ee-10).
    f"""CREATE TABLE leaving_reasons (
        controller_id uuid NOT NULL,
        topic_id uuid,
        given_on date NOT NULL,
        reason text NOT NULL,
        answers bigint NOT NULL,
        CONSTRAINT uq_leaving_reasons UNIQUE NULLS NOT DISTINCT
            (controller_id, given_on, topic_id, reason),
        CONSTRAINT ck_leaving_reasons_reason CHECK (reason IN ({REASONS}))
    )""",
    "COMMENT ON COLUMN leaving_reasons.topic_id IS 'null: all marketing was left'",
    "CALL crm_protect('leaving_reasons')",
    "GRANT SELECT, INSERT, UPDATE ON leaving_reasons TO crm_app",
    """CREATE TABLE logos (
        controller_id uuid CONSTRAINT pk_logos PRIMARY KEY,
        version text NOT NULL,
        media_type text NOT NULL,
        width integer NOT NULL,
        height integer NOT NULL,
        content bytea NOT NULL,
        uploaded_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT ck_logos_content CHECK (octet_length(content) <= 65536)
    )""",
    "COMMENT ON COLUMN logos.version IS 'digest of the content, part of the URL'",
    "CALL crm_protect('logos')",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON logos TO crm_app",
]


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for table in ("logos", "leaving_reasons", "leaving_answers", "link_fetches"):
        op.execute(f"DROP TABLE {table}")
