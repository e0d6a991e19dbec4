"""Let one-time links lead to packages.

Additive: a purpose more. The new check is not validated: what is stored passed a narrower one.
"""

from alembic import op

revision = "0038"
down_revision = "0037"

PURPOSES = "'confirm_subscription', 'preferences', 'rights'"
_DROP = """-- The one that takes its place comes in the same transaction.
    -- squawk-ignore ban-drop-constraint
    ALTER TABLE address_proofs DROP CONSTRAINT ck_address_proofs_purpose"""
_ADD = """ALTER TABLE address_proofs ADD CONSTRAINT ck_address_proofs_purpose
    CHECK (purpose IN ({})) NOT VALID"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute(_DROP)
    op.execute(_ADD.format(f"{PURPOSES}, 'package'"))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("DELETE FROM address_proofs WHERE purpose = 'package'")
    op.execute(_DROP)
    op.execute(_ADD.format(PURPOSES))
