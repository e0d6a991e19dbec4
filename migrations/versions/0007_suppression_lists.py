"""Create what suppression lists need: hashes of partners' lists, and the names of blocked domains.

Additive: new tables only. A hash stands until somebody with that address becomes known; then it
becomes an ordinary suppression, by address key, and goes (GDPR Art. 5(1)(c)).
"""

from alembic import op

revision = "0007"
down_revision = "0006"

SKEWED = ("addresses", "suppressions", "hashed_suppressions")

UP = [
    """CREATE TABLE hashed_suppressions (
        controller_id uuid NOT NULL,
        algorithm text NOT NULL,
        digest bytea NOT NULL,
        scope text NOT NULL,
        topic_id uuid,
        reason text NOT NULL,
        source text NOT NULL,
        suppressed_at timestamptz NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT uq_hashed_suppressions UNIQUE NULLS NOT DISTINCT
            (controller_id, digest, scope, topic_id, reason),
        CONSTRAINT ck_hashed_suppressions_digest
            CHECK (octet_length(digest) = CASE algorithm WHEN 'sha256' THEN 32
                                                         WHEN 'md5' THEN 16 END),
        CONSTRAINT ck_hashed_suppressions_algorithm CHECK (algorithm IN ('sha256', 'md5')),
        CONSTRAINT ck_hashed_suppressions_scope CHECK (scope IN ('topic', 'marketing', 'all')),
        CONSTRAINT ck_hashed_suppressions_topic
            CHECK ((scope = 'topic') = (topic_id IS NOT NULL)),
        CONSTRAINT ck_hashed_suppressions_reason
            CHECK (reason IN ('unsubscribe', 'objection', 'complaint', 'hard_bounce', 'invalid',
                              'erasure', 'manual', 'import'))
    )""",
    """COMMENT ON COLUMN hashed_suppressions.digest IS
       'personal data: an unkeyed hash of an address, as partners exchange it; can be guessed'""",
    "CALL crm_protect('hashed_suppressions')",
    "GRANT SELECT, INSERT, DELETE ON hashed_suppressions TO crm_app",
    # What stands in suppressions is the key; the name is for whoever reads or exports the list.
    """CREATE TABLE suppressed_domains (
        controller_id uuid NOT NULL,
        domain_key uuid NOT NULL,
        domain text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_suppressed_domains PRIMARY KEY (controller_id, domain_key),
        CONSTRAINT uq_suppressed_domains_controller_id_domain UNIQUE (controller_id, domain)
    )""",
    "COMMENT ON COLUMN suppressed_domains.domain IS 'an A-label; *.example.com with all below it'",
    "CALL crm_protect('suppressed_domains')",
    "GRANT SELECT, INSERT ON suppressed_domains TO crm_app",
    # Statistics know the tenants of yesterday: for one they have not seen, the planner expects no
    # row at all and takes any index that begins with the controller, which then is read in full.
    # Without them it expects a share of the table, and looks keys up by their own index.
    *[f"ALTER TABLE {name} ALTER COLUMN controller_id SET STATISTICS 0" for name in SKEWED],
]


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for name in SKEWED:
        op.execute(f"ALTER TABLE {name} ALTER COLUMN controller_id SET STATISTICS -1")
    op.execute("DROP TABLE suppressed_domains")
    op.execute("DROP TABLE hashed_suppressions")
