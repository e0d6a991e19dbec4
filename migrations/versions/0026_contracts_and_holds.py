"""Create contracts, and holds: reasons why retention and erasure must not delete.

Additive: new tables only.
"""

from alembic import op

revision = "0026"
down_revision = "0025"

UP = [
    """CREATE TABLE contracts (
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        controller_id uuid NOT NULL,
        subject_id uuid NOT NULL,
        reference text NOT NULL,
        category text NOT NULL,
        purpose text NOT NULL,
        signed_on date NOT NULL,
        ended_on date,
        note text,
        recorded_by text NOT NULL,
        recorded_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        CONSTRAINT pk_contracts PRIMARY KEY (id),
        CONSTRAINT uq_contracts_subject_reference UNIQUE (controller_id, subject_id, reference),
        CONSTRAINT ck_contracts_ended_on CHECK (ended_on >= signed_on)
    )""",
    "CREATE INDEX ix_contracts_category ON contracts (controller_id, category, ended_on)",
    "COMMENT ON COLUMN contracts.ended_on IS 'NULL: it is still running'",
    "COMMENT ON COLUMN contracts.note IS 'may hold personal data'",
    "CALL crm_protect('contracts')",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON contracts TO crm_app",
    """CREATE TABLE holds (
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        controller_id uuid NOT NULL,
        subject_id uuid NOT NULL,
        kind text NOT NULL,
        reference text,
        law text,
        hand_over_to text,
        categories text[],
        reasons text NOT NULL,
        set_by text NOT NULL,
        set_at timestamptz NOT NULL,
        outcome text,
        final_on date,
        held_until date,
        policy_version integer,
        resolved_by text,
        resolved_at timestamptz,
        lifted_by text,
        lifted_at timestamptz,
        lift_reasons text,
        CONSTRAINT pk_holds PRIMARY KEY (id),
        CONSTRAINT ck_holds_kind CHECK (kind IN ('dispute', 'statutory')),
        CONSTRAINT ck_holds_dispute CHECK (kind <> 'dispute' OR reference IS NOT NULL),
        CONSTRAINT ck_holds_statutory CHECK (kind <> 'statutory' OR law IS NOT NULL),
        CONSTRAINT ck_holds_categories CHECK (cardinality(categories) > 0),
        CONSTRAINT ck_holds_outcome CHECK (outcome IN
            ('judgment', 'arbitration', 'court_settlement', 'amicable_settlement')),
        CONSTRAINT ck_holds_resolved CHECK (
            (outcome IS NULL) = (resolved_at IS NULL) AND (outcome IS NULL) = (final_on IS NULL)
            AND (outcome IS NULL OR (kind = 'dispute' AND held_until IS NOT NULL))),
        CONSTRAINT ck_holds_lifted CHECK ((lifted_at IS NULL) = (lift_reasons IS NULL))
    )""",
    "CREATE INDEX ix_holds_subject ON holds (controller_id, subject_id)",
    "COMMENT ON COLUMN holds.categories IS 'NULL: everything about the person'",
    "COMMENT ON COLUMN holds.held_until IS 'the last day; NULL: until it is resolved or lifted'",
    "COMMENT ON COLUMN holds.reasons IS 'may hold personal data'",
    "COMMENT ON COLUMN holds.lift_reasons IS 'may hold personal data'",
    "CALL crm_protect('holds')",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON holds TO crm_app",
]

DOWN = ["DROP TABLE holds", "DROP TABLE contracts"]


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in DOWN:
        op.execute(statement)
