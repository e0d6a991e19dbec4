"""Create the register of recipients, and the record of what was disclosed to them.

Additive: new tables only.
"""

from alembic import op

revision = "0018"
down_revision = "0017"

UP = [
    """CREATE TABLE recipients (
        id uuid NOT NULL,
        controller_id uuid NOT NULL,
        slug text NOT NULL,
        name text NOT NULL,
        kind text NOT NULL,
        country text NOT NULL,
        is_international_organization boolean NOT NULL,
        stores_elsewhere boolean NOT NULL,
        contract text,
        confidentiality text,
        categories text[] NOT NULL,
        purposes text[] NOT NULL,
        ended_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_recipients PRIMARY KEY (id),
        CONSTRAINT uq_recipients_controller_id_slug UNIQUE (controller_id, slug),
        CONSTRAINT ck_recipients_kind CHECK (kind IN ('processor', 'third_party', 'authority'))
    )""",
    "CALL crm_protect('recipients')",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON recipients TO crm_app",
    """CREATE TABLE disclosures (
        id uuid NOT NULL,
        controller_id uuid NOT NULL,
        recipient_id uuid NOT NULL,
        ground text NOT NULL,
        reference text,
        need text,
        purpose text,
        fields text[] NOT NULL,
        count integer NOT NULL,
        actor text NOT NULL,
        disclosed_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_disclosures PRIMARY KEY (id),
        CONSTRAINT fk_disclosures_recipient_id_recipients FOREIGN KEY (recipient_id)
            REFERENCES recipients (id)
    )""",
    "CREATE INDEX ix_disclosures_order ON disclosures (controller_id, disclosed_at, id)",
    "CREATE INDEX ix_disclosures_recipient_id ON disclosures (recipient_id)",
    "CALL crm_protect('disclosures')",
    "GRANT SELECT, INSERT, DELETE ON disclosures TO crm_app",
    """CREATE TABLE disclosed_subjects (
        controller_id uuid NOT NULL,
        disclosure_id uuid NOT NULL,
        subject_id uuid NOT NULL,
        CONSTRAINT pk_disclosed_subjects PRIMARY KEY (controller_id, subject_id, disclosure_id),
        CONSTRAINT fk_disclosed_subjects_disclosure_id_disclosures FOREIGN KEY (disclosure_id)
            REFERENCES disclosures (id) ON DELETE CASCADE
    )""",
    "CREATE INDEX ix_disclosed_subjects_disclosure_id ON disclosed_subjects (disclosure_id)",
    "CALL crm_protect('disclosed_subjects')",
    "GRANT SELECT, INSERT, DELETE ON disclosed_subjects TO crm_app",
]


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for table in ("disclosed_subjects", "disclosures", "recipients"):
        op.execute(f"DROP TABLE {table}")
