"""Create controllers, their API keys, policies, agreement acceptances, and the keyring check.

Additive: new tables only.
"""

from alembic import op

revision = "0002"
down_revision = "0001"

UP = [
    # Which keyring this database belongs to: a wrong pepper would find no suppression at all.
    """CREATE TABLE keyring_fingerprints (
        purpose text NOT NULL,
        version smallint NOT NULL,
        fingerprint bytea NOT NULL,
        CONSTRAINT pk_keyring_fingerprints PRIMARY KEY (purpose, version)
    )""",
    "GRANT SELECT, INSERT ON keyring_fingerprints TO crm_app",
    """CREATE TABLE controllers (
        id uuid NOT NULL,
        slug text NOT NULL,
        name text NOT NULL,
        link_ref bigint NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_controllers PRIMARY KEY (id),
        CONSTRAINT uq_controllers_slug UNIQUE (slug),
        CONSTRAINT uq_controllers_link_ref UNIQUE (link_ref),
        CONSTRAINT ck_controllers_slug CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$')
    )""",
    "ALTER TABLE controllers ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE controllers FORCE ROW LEVEL SECURITY",
    # Found only by who names it already: by its slug (operator) or its link reference (a link).
    """CREATE POLICY own_rows ON controllers TO crm_app USING (
        id = NULLIF(current_setting('crm.controller_id', true), '')::uuid
        OR slug = current_setting('crm.hint', true)
        OR link_ref::text = current_setting('crm.hint', true))""",
    "CREATE POLICY worker_reads ON controllers FOR SELECT TO crm_worker USING (true)",
    "GRANT SELECT, INSERT, UPDATE ON controllers TO crm_app",
    "GRANT SELECT ON controllers TO crm_worker",
    """CREATE TABLE api_keys (
        id uuid NOT NULL,
        controller_id uuid NOT NULL,
        prefix text NOT NULL,
        name text NOT NULL,
        secret_sha256 bytea NOT NULL,
        scopes text[] NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz,
        revoked_at timestamptz,
        last_used_at timestamptz,
        CONSTRAINT pk_api_keys PRIMARY KEY (id),
        CONSTRAINT uq_api_keys_secret_sha256 UNIQUE (secret_sha256),
        CONSTRAINT fk_api_keys_controller_id_controllers FOREIGN KEY (controller_id)
            REFERENCES controllers (id)
    )""",
    "CREATE INDEX ix_api_keys_controller_id ON api_keys (controller_id, created_at)",
    "ALTER TABLE api_keys ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE api_keys FORCE ROW LEVEL SECURITY",
    # A key is found by who holds it: by the hash of the secret presented.
    """CREATE POLICY own_rows ON api_keys TO crm_app USING (
        controller_id = NULLIF(current_setting('crm.controller_id', true), '')::uuid
        OR encode(secret_sha256, 'hex') = current_setting('crm.hint', true))""",
    "GRANT SELECT, INSERT, UPDATE ON api_keys TO crm_app",
    """CREATE TABLE policy_versions (
        id uuid NOT NULL,
        controller_id uuid NOT NULL,
        version integer NOT NULL,
        name text NOT NULL,
        document jsonb NOT NULL,
        sha256 bytea NOT NULL,
        activated_at timestamptz NOT NULL,
        activated_by text NOT NULL,
        CONSTRAINT pk_policy_versions PRIMARY KEY (id),
        CONSTRAINT uq_policy_versions_controller_id_version UNIQUE (controller_id, version),
        CONSTRAINT fk_policy_versions_controller_id_controllers FOREIGN KEY (controller_id)
            REFERENCES controllers (id)
    )""",
    "CALL crm_protect('policy_versions')",
    "GRANT SELECT, INSERT ON policy_versions TO crm_app",
    "CALL crm_append_only('policy_versions')",
    """CREATE TABLE agreement_acceptances (
        id uuid NOT NULL,
        controller_id uuid NOT NULL,
        version text NOT NULL,
        accepted_by text NOT NULL,
        accepted_at timestamptz NOT NULL,
        recorded_by text NOT NULL,
        CONSTRAINT pk_agreement_acceptances PRIMARY KEY (id),
        CONSTRAINT uq_agreement_acceptances_controller_id_version UNIQUE (controller_id, version),
        CONSTRAINT fk_agreement_acceptances_controller_id_controllers FOREIGN KEY (controller_id)
            REFERENCES controllers (id)
    )""",
    "CALL crm_protect('agreement_acceptances')",
    "GRANT SELECT, INSERT ON agreement_acceptances TO crm_app",
    "CALL crm_append_only('agreement_acceptances')",
    """CREATE TABLE topics (
        id uuid NOT NULL,
        controller_id uuid NOT NULL,
        slug text NOT NULL,
        name jsonb NOT NULL,
        description jsonb NOT NULL DEFAULT '{}',
        category text NOT NULL,
        purpose text NOT NULL,
        link_ref bigint NOT NULL,
        archived_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_topics PRIMARY KEY (id),
        CONSTRAINT uq_topics_controller_id_slug UNIQUE (controller_id, slug),
        CONSTRAINT uq_topics_controller_id_link_ref UNIQUE (controller_id, link_ref),
        CONSTRAINT fk_topics_controller_id_controllers FOREIGN KEY (controller_id)
            REFERENCES controllers (id),
        CONSTRAINT ck_topics_category CHECK (category IN ('marketing', 'service')),
        CONSTRAINT ck_topics_slug CHECK (slug ~ '^[a-z0-9][a-z0-9_-]{0,62}$')
    )""",
    "CALL crm_protect('topics')",
    "GRANT SELECT, INSERT, UPDATE ON topics TO crm_app",
]

DOWN = [
    "topics",
    "agreement_acceptances",
    "policy_versions",
    "api_keys",
    "controllers",
    "keyring_fingerprints",
]


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for table in DOWN:
        op.execute(f"DROP TABLE {table}")
