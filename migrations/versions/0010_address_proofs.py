"""Create the proofs of addresses: links that work once, for a while.

Additive: a new table. It holds no secret: a link is signed with the keyring from the row's id. The
worker, which otherwise sees no contact, may read the address of one to whom a link is to be mailed,
and nothing else of it.
"""

from alembic import op

revision = "0010"
down_revision = "0009"

UP = [
    """CREATE TABLE address_proofs (
        id uuid NOT NULL,
        controller_id uuid NOT NULL,
        subject_id uuid NOT NULL,
        address_key uuid NOT NULL,
        purpose text NOT NULL,
        language text,
        payload jsonb NOT NULL DEFAULT '{}',
        requested_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        used_at timestamptz,
        mail jsonb,
        mail_state text NOT NULL DEFAULT 'none',
        mail_tries smallint NOT NULL DEFAULT 0,
        mail_due_at timestamptz,
        CONSTRAINT pk_address_proofs PRIMARY KEY (id),
        CONSTRAINT ck_address_proofs_purpose
            CHECK (purpose IN ('confirm_subscription', 'preferences', 'rights')),
        CONSTRAINT ck_address_proofs_mail_state
            CHECK (mail_state IN ('none', 'due', 'sent', 'given_up')),
        CONSTRAINT ck_address_proofs_mail CHECK ((mail_state = 'none') = (mail IS NULL)),
        CONSTRAINT ck_address_proofs_mail_due_at
            CHECK ((mail_state = 'due') = (mail_due_at IS NOT NULL))
    )""",
    "CREATE INDEX ix_address_proofs_address ON address_proofs (controller_id, address_key)",
    "CREATE INDEX ix_address_proofs_subject ON address_proofs (controller_id, subject_id)",
    "CREATE INDEX ix_address_proofs_expires_at ON address_proofs (expires_at)",
    "CREATE INDEX ix_address_proofs_mail ON address_proofs (mail_due_at) WHERE mail_state = 'due'",
    "COMMENT ON COLUMN address_proofs.payload IS 'personal data; what the link is asked for'",
    """COMMENT ON COLUMN address_proofs.mail IS
       'who the mail comes from, not whom it goes to; null where the controller mails'""",
    "CALL crm_protect('address_proofs')",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON address_proofs TO crm_app",
    "CREATE POLICY worker_mails ON address_proofs TO crm_worker USING (true)",
    """GRANT SELECT (id, controller_id, address_key, purpose, language, expires_at, used_at, mail,
                     mail_state, mail_tries, mail_due_at) ON address_proofs TO crm_worker""",
    """GRANT UPDATE (mail_state, mail_tries, mail_due_at) ON address_proofs TO crm_worker""",
    "GRANT DELETE ON address_proofs TO crm_worker",
    # Whoever waits for a mail, and of them the address alone.
    """CREATE POLICY worker_mails ON contacts FOR SELECT TO crm_worker USING (EXISTS (
        SELECT FROM address_proofs p
        WHERE p.controller_id = contacts.controller_id AND p.address_key = contacts.email_key
            AND p.mail_state = 'due' AND p.used_at IS NULL AND p.expires_at > now()))""",
    "GRANT SELECT (controller_id, email_key, email) ON contacts TO crm_worker",
]

DOWN = [
    "REVOKE SELECT (controller_id, email_key, email) ON contacts FROM crm_worker",
    "DROP POLICY worker_mails ON contacts",
    "DROP TABLE address_proofs",
]


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in DOWN:
        op.execute(statement)
