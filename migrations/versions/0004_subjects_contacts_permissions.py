"""Create subjects, contacts, organizations, the ledger, permissions, suppressions and imports.

Additive: new tables only. Suppressions and permissions are keyed by address key, so that they need
no contact; ``addresses`` ties keys to the stable subject whose id the contact bears.
"""

from alembic import op

revision = "0004"
down_revision = "0003"

PERSONAL = (
    "first_name last_name company street postal_code city country language external_id notes "
    "organization_id source_reference attributes restricted_at"
)
CONTACT_COMMENTS = {
    **dict.fromkeys(["id", "email_key", "phone_key"], "pseudonymous"),
    **dict.fromkeys(PERSONAL.split(), "personal data"),
    "email": "personal data; as given, compared by email_key",
    "phone": "personal data; as given, compared by phone_key",
    "source_kind": "personal data; needed for GDPR Art. 14(2)(f)",
    "added_at": "personal data; the earliest ever given",
}

UP = [
    """CREATE TABLE addresses (
        controller_id uuid NOT NULL,
        address_key uuid NOT NULL,
        subject_id uuid NOT NULL,
        kind text NOT NULL,
        is_current boolean NOT NULL DEFAULT false,
        restricted boolean NOT NULL DEFAULT false,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_addresses PRIMARY KEY (controller_id, address_key),
        CONSTRAINT ck_addresses_kind CHECK (kind IN ('email', 'phone', 'post'))
    )""",
    "CREATE INDEX ix_addresses_subject ON addresses (controller_id, subject_id)",
    """CREATE INDEX ix_addresses_restricted ON addresses (controller_id, address_key)
       WHERE restricted""",
    "COMMENT ON COLUMN addresses.is_current IS 'a contact bears this address now'",
    "CALL crm_protect('addresses')",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON addresses TO crm_app",
    """CREATE TABLE organizations (
        id uuid NOT NULL,
        controller_id uuid NOT NULL,
        name text NOT NULL,
        registration_no text,
        vat_no text,
        street text,
        postal_code text,
        city text,
        country text,
        invoice_emails text[] NOT NULL DEFAULT '{}',
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_organizations PRIMARY KEY (id),
        CONSTRAINT uq_organizations_controller_id_registration_no
            UNIQUE (controller_id, registration_no)
    )""",
    "CREATE INDEX ix_organizations_controller_id ON organizations (controller_id, id)",
    "CALL crm_protect('organizations')",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON organizations TO crm_app",
    """CREATE TABLE contacts (
        id uuid NOT NULL,
        controller_id uuid NOT NULL,
        email text NOT NULL,
        email_key uuid NOT NULL,
        phone text,
        phone_key uuid,
        first_name text,
        last_name text,
        company text,
        street text,
        postal_code text,
        city text,
        country text,
        language text,
        external_id text,
        notes text,
        organization_id uuid,
        source_kind text NOT NULL,
        source_reference text,
        attributes jsonb NOT NULL DEFAULT '{}',
        restricted_at timestamptz,
        added_at timestamptz NOT NULL,
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_contacts PRIMARY KEY (id),
        CONSTRAINT uq_contacts_controller_id_email_key UNIQUE (controller_id, email_key),
        CONSTRAINT fk_contacts_organization_id_organizations FOREIGN KEY (organization_id)
            REFERENCES organizations (id)
    )""",
    "CREATE INDEX ix_contacts_controller_id ON contacts (controller_id, id)",
    """CREATE INDEX ix_contacts_organization_id ON contacts (controller_id, organization_id)
       WHERE organization_id IS NOT NULL""",
    """CREATE UNIQUE INDEX uq_contacts_controller_id_external_id
       ON contacts (controller_id, external_id) WHERE external_id IS NOT NULL""",
    # A phone number may be shared: whether somebody still bears it is asked by its key.
    """CREATE INDEX ix_contacts_phone_key ON contacts (controller_id, phone_key)
       WHERE phone_key IS NOT NULL""",
    *[f"COMMENT ON COLUMN contacts.{name} IS '{text}'" for name, text in CONTACT_COMMENTS.items()],
    "CALL crm_protect('contacts')",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON contacts TO crm_app",
    "CREATE SEQUENCE ledger_position_seq",
    # Each entry states the whole resulting row, so that the projection is the last entry a key.
    """CREATE TABLE ledger_entries (
        position bigint NOT NULL DEFAULT nextval('ledger_position_seq'),
        recorded_at timestamptz NOT NULL DEFAULT now(),
        xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
        controller_id uuid NOT NULL,
        id uuid NOT NULL,
        subject_id uuid NOT NULL,
        address_key uuid NOT NULL,
        channel text NOT NULL,
        purpose text NOT NULL,
        topic_id uuid,
        basis text NOT NULL,
        action text NOT NULL,
        state text NOT NULL,
        since timestamptz NOT NULL,
        anchor_at timestamptz NOT NULL,
        source text NOT NULL,
        recorded_by text NOT NULL,
        policy_version integer NOT NULL,
        correlation uuid NOT NULL,
        proof_id uuid NOT NULL,
        evidence_sha256 bytea,
        CONSTRAINT pk_ledger_entries PRIMARY KEY (position, recorded_at),
        CONSTRAINT ck_ledger_entries_state
            CHECK (state IN ('granted', 'pending', 'withdrawn', 'objected', 'none')),
        CONSTRAINT ck_ledger_entries_action
            CHECK (action IN ('granted', 'requested', 'confirmed', 'withdrawn', 'objected',
                              'expired', 'restored', 'carried', 'reanchored', 'erased'))
    ) PARTITION BY RANGE (recorded_at)""",
    "CREATE TABLE ledger_entries_default PARTITION OF ledger_entries DEFAULT",
    "COMMENT ON COLUMN ledger_entries.proof_id IS 'the entry whose evidence proves this one'",
    "CREATE INDEX ix_ledger_entries_order ON ledger_entries (controller_id, xid, position)",
    """CREATE INDEX ix_ledger_entries_subject
       ON ledger_entries (controller_id, subject_id, position)""",
    "SELECT crm_create_partitions('ledger_entries', interval '1 year', interval '1 year')",
    "CALL crm_protect('ledger_entries')",
    "CALL crm_append_only('ledger_entries')",
    "CREATE POLICY worker_seals ON ledger_entries FOR SELECT TO crm_worker USING (true)",
    "GRANT SELECT, INSERT ON ledger_entries TO crm_app",
    "GRANT SELECT ON ledger_entries TO crm_worker",
    "GRANT USAGE ON SEQUENCE ledger_position_seq TO crm_app",
    # What may hold personal data stands apart, so that erasure can empty it.
    """CREATE TABLE ledger_evidence (
        controller_id uuid NOT NULL,
        entry_id uuid NOT NULL,
        subject_id uuid NOT NULL,
        salt bytea,
        evidence text,
        erased_at timestamptz,
        CONSTRAINT pk_ledger_evidence PRIMARY KEY (entry_id)
    )""",
    "CREATE INDEX ix_ledger_evidence_subject ON ledger_evidence (controller_id, subject_id)",
    "CALL crm_protect('ledger_evidence')",
    "GRANT SELECT, INSERT, UPDATE ON ledger_evidence TO crm_app",
    """CREATE TABLE wordings (
        controller_id uuid NOT NULL,
        version text NOT NULL,
        language text NOT NULL,
        sha256 bytea NOT NULL,
        text text,
        first_seen_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_wordings PRIMARY KEY (controller_id, version, language)
    )""",
    "CALL crm_protect('wordings')",
    "GRANT SELECT, INSERT, UPDATE ON wordings TO crm_app",
    """CREATE TABLE permissions (
        controller_id uuid NOT NULL,
        address_key uuid NOT NULL,
        channel text NOT NULL,
        purpose text NOT NULL,
        topic_id uuid,
        basis text NOT NULL,
        subject_id uuid NOT NULL,
        state text NOT NULL,
        since timestamptz NOT NULL,
        anchor_at timestamptz NOT NULL,
        entry_id uuid NOT NULL,
        CONSTRAINT uq_permissions UNIQUE NULLS NOT DISTINCT
            (controller_id, address_key, channel, purpose, topic_id, basis),
        CONSTRAINT ck_permissions_state
            CHECK (state IN ('granted', 'pending', 'withdrawn', 'objected'))
    )""",
    "CREATE INDEX ix_permissions_subject ON permissions (controller_id, subject_id)",
    "CALL crm_protect('permissions')",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON permissions TO crm_app",
    """CREATE TABLE suppressions (
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        controller_id uuid NOT NULL,
        address_key uuid NOT NULL,
        subject_id uuid NOT NULL,
        kind text NOT NULL,
        scope text NOT NULL,
        topic_id uuid,
        reason text NOT NULL,
        source text NOT NULL,
        note text,
        correlation uuid NOT NULL,
        suppressed_at timestamptz NOT NULL,
        lifted_at timestamptz,
        lifted_by text,
        lift_justification text,
        CONSTRAINT pk_suppressions PRIMARY KEY (id),
        CONSTRAINT ck_suppressions_scope CHECK (scope IN ('topic', 'marketing', 'all')),
        CONSTRAINT ck_suppressions_topic CHECK ((scope = 'topic') = (topic_id IS NOT NULL)),
        CONSTRAINT ck_suppressions_reason
            CHECK (reason IN ('unsubscribe', 'objection', 'complaint', 'hard_bounce', 'invalid',
                              'erasure', 'manual', 'import'))
    )""",
    """CREATE UNIQUE INDEX uq_suppressions_active
       ON suppressions (controller_id, address_key, scope, topic_id, reason) NULLS NOT DISTINCT
       WHERE lifted_at IS NULL""",
    "CREATE INDEX ix_suppressions_subject ON suppressions (controller_id, subject_id)",
    "CREATE INDEX ix_suppressions_list ON suppressions (controller_id, id)",
    "CALL crm_protect('suppressions')",
    "GRANT SELECT, INSERT, UPDATE ON suppressions TO crm_app",
    """CREATE TABLE campaigns (
        controller_id uuid NOT NULL,
        link_ref bigint NOT NULL,
        name text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_campaigns PRIMARY KEY (controller_id, link_ref)
    )""",
    "CALL crm_protect('campaigns')",
    "GRANT SELECT, INSERT ON campaigns TO crm_app",
]

DOWN = [
    "DROP TABLE campaigns",
    "DROP TABLE suppressions",
    "DROP TABLE permissions",
    "DROP TABLE wordings",
    "DROP TABLE ledger_evidence",
    "DROP TABLE ledger_entries",
    "DROP SEQUENCE ledger_position_seq",
    "DROP TABLE contacts",
    "DROP TABLE organizations",
    "DROP TABLE addresses",
]


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in DOWN:
        op.execute(statement)
