"""Remember the fee that is asked for a request that is unfounded or excessive (GDPR Art. 12(5)).

Additive: new columns, all empty.
"""

from alembic import op

revision = "0039"
down_revision = "0038"

COLUMNS = (
    ("fee_amount", "text"),
    ("fee_currency", "text"),
    ("fee_reasons", "text"),
    ("fee_asked_at", "timestamptz"),
    ("fee_outcome", "text"),
    ("fee_settled_at", "timestamptz"),
)

UP = [
    "ALTER TABLE rights_requests "
    + ", ".join(f"ADD COLUMN {name} {kind}" for name, kind in COLUMNS),
    """ALTER TABLE rights_requests ADD CONSTRAINT ck_rights_requests_fee CHECK (
        (fee_asked_at IS NULL) = (fee_amount IS NULL)
        AND (fee_asked_at IS NULL) = (fee_currency IS NULL)
        AND (fee_settled_at IS NULL) = (fee_outcome IS NULL)
        AND (fee_settled_at IS NULL OR fee_asked_at IS NOT NULL)
        AND (fee_outcome IS NULL OR fee_outcome IN ('paid', 'waived'))) NOT VALID""",
    "COMMENT ON COLUMN rights_requests.fee_reasons IS 'personal data'",
]


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("ALTER TABLE rights_requests DROP CONSTRAINT ck_rights_requests_fee")
    dropped = ", ".join(f"DROP COLUMN {name}" for name, _ in COLUMNS)
    op.execute(f"ALTER TABLE rights_requests {dropped}")
