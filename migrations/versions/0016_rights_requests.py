"""Create the requests of people about their own data.

Additive: a new table only. The worker sees of a request what it takes to announce that it is
overdue, and nothing that names the person.
"""

from alembic import op

revision = "0016"
down_revision = "0015"

_WORKER_READS = "id, controller_id, subject_id, kind, status, due_on, ends_at, clock_stopped_at"

UP = [
    """CREATE TABLE rights_requests (
        id uuid NOT NULL,
        controller_id uuid NOT NULL,
        subject_id uuid NOT NULL,
        address_key uuid NOT NULL,
        kind text NOT NULL,
        status text NOT NULL,
        email text,
        language text NOT NULL,
        purpose text,
        topic text,
        ground text,
        details text,
        received_at timestamptz NOT NULL,
        received_by text NOT NULL,
        recorded_by text NOT NULL,
        policy_version integer NOT NULL,
        due_on date NOT NULL,
        legal_end_on date NOT NULL,
        ends_at timestamptz NOT NULL,
        identified_at timestamptz,
        identified_by text,
        identity_note text,
        asked_about text,
        question text,
        clock_stopped_at timestamptz,
        pauses jsonb NOT NULL DEFAULT '[]'::jsonb,
        extended_at timestamptz,
        extension_reasons text,
        decided_at timestamptz,
        outcome text,
        refusal_ground text,
        reasons text,
        executed jsonb NOT NULL DEFAULT '{}'::jsonb,
        closed_at timestamptz,
        overdue_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_rights_requests PRIMARY KEY (id),
        CONSTRAINT ck_rights_requests_kind
            CHECK (kind IN ('access', 'rectification', 'erasure', 'restriction', 'objection',
                            'portability', 'withdrawal')),
        CONSTRAINT ck_rights_requests_status
            CHECK (status IN ('received', 'identity', 'in_progress', 'decided', 'closed')),
        CONSTRAINT ck_rights_requests_outcome
            CHECK (outcome IN ('granted', 'partly_granted', 'refused', 'retracted')),
        CONSTRAINT ck_rights_requests_decided
            CHECK ((status IN ('decided', 'closed')) = (decided_at IS NOT NULL)
                   AND (decided_at IS NULL) = (outcome IS NULL)),
        CONSTRAINT ck_rights_requests_ground
            CHECK ((outcome = 'refused') IS NOT TRUE OR refusal_ground IS NOT NULL)
    )""",
    "CREATE INDEX ix_rights_requests_due ON rights_requests (controller_id, due_on, id)",
    "CREATE INDEX ix_rights_requests_subject ON rights_requests (controller_id, subject_id)",
    "CREATE INDEX ix_rights_requests_address ON rights_requests (controller_id, address_key)",
    """CREATE INDEX ix_rights_requests_open ON rights_requests (ends_at)
       WHERE status IN ('received', 'identity', 'in_progress')""",
    "CALL crm_protect('rights_requests')",
    "GRANT SELECT, INSERT, UPDATE ON rights_requests TO crm_app",
    "CREATE POLICY worker_watches ON rights_requests TO crm_worker USING (true)",
    f"GRANT SELECT ({_WORKER_READS}, overdue_at) ON rights_requests TO crm_worker",
    "GRANT UPDATE (overdue_at) ON rights_requests TO crm_worker",
    # The worker writes an event for what it announces itself, and for nothing else.
    """CREATE POLICY worker_announces ON events FOR INSERT TO crm_worker
       WITH CHECK (type = 'rights_request.overdue.v1')""",
    "GRANT INSERT ON events TO crm_worker",
    "GRANT USAGE ON SEQUENCE events_position_seq TO crm_worker",
    *[
        f"COMMENT ON COLUMN rights_requests.{name} IS 'personal data'"
        for name in (
            "email",
            "details",
            "identity_note",
            "question",
            "extension_reasons",
            "reasons",
        )
    ],
]

DOWN = [
    "DROP POLICY worker_announces ON events",
    "REVOKE INSERT ON events FROM crm_worker",
    "REVOKE USAGE ON SEQUENCE events_position_seq FROM crm_worker",
    "DROP TABLE rights_requests",
]


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in DOWN:
        op.execute(statement)
