"""Create what was decided when data were reviewed that nobody used (clause no-05).

Additive: a new table only.
"""

from alembic import op

revision = "0034"
down_revision = "0033"

UP = [
    """CREATE TABLE reviews (
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        controller_id uuid NOT NULL,
        contact_id uuid NOT NULL,
        decision text NOT NULL,
        reasons text NOT NULL,
        decided_by text NOT NULL,
        decided_at timestamptz NOT NULL,
        CONSTRAINT pk_reviews PRIMARY KEY (id),
        CONSTRAINT ck_reviews_decision CHECK (decision IN ('keep', 'erase', 'restrict'))
    )""",
    "CREATE INDEX ix_reviews_contact ON reviews (controller_id, contact_id, decided_at)",
    "COMMENT ON COLUMN reviews.reasons IS 'may hold personal data'",
    "CALL crm_protect('reviews')",
    "GRANT SELECT, INSERT, DELETE ON reviews TO crm_app",
]


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("DROP TABLE reviews")
