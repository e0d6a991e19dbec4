"""Create the sources of contacts' fields that came from elsewhere than the contact did.

Additive: a new table only. A field without a row came with the contact, whose own source stands
beside it: a first import writes nothing here.
"""

from alembic import op

revision = "0028"
down_revision = "0027"

UP = [
    """CREATE TABLE contact_sources (
        controller_id uuid NOT NULL,
        contact_id uuid NOT NULL,
        field text NOT NULL,
        kind text NOT NULL,
        reference text,
        recorded_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_contact_sources PRIMARY KEY (controller_id, contact_id, field)
    )""",
    "COMMENT ON COLUMN contact_sources.kind IS 'personal data; GDPR Art. 14(2)(f)'",
    "COMMENT ON COLUMN contact_sources.reference IS 'personal data'",
    "CALL crm_protect('contact_sources')",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON contact_sources TO crm_app",
]


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("DROP TABLE contact_sources")
