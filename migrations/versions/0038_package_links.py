"""Let one-time links lead to packages.

Additive: a purpose more. The check is validated apart, so that nobody waits for it.
"""

from alembic import op

revision = "0038"
down_revision = "0037"

_RECHECK = """ALTER TABLE address_proofs
    DROP CONSTRAINT ck_address_proofs_purpose,
    ADD CONSTRAINT ck_address_proofs_purpose CHECK (purpose IN ({})) NOT VALID"""
_VALIDATE = "ALTER TABLE address_proofs VALIDATE CONSTRAINT ck_address_proofs_purpose"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute(_RECHECK.format("'confirm_subscription', 'preferences', 'rights', 'package'"))
    op.execute(_VALIDATE)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("DELETE FROM address_proofs WHERE purpose = 'package'")
    op.execute(_RECHECK.format("'confirm_subscription', 'preferences', 'rights'"))
    op.execute(_VALIDATE)
