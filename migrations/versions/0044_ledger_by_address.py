"""Find ledger entries by address, whosever it was: proofs read them so.

An address that the register forgot, or that several people shared, is named by no subject; without
this index its proof read the whole ledger. Built partition by partition without stopping writers,
outside the migration's transaction; each step may be repeated after one that failed.
"""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"

NAME = "ix_ledger_entries_address"
COLUMNS = "(controller_id, address_key)"

PARTITIONS = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = '{}'::regclass"
#: What a build that broke off has left.
BROKEN = """
SELECT indexrelid::regclass::text FROM pg_index
WHERE NOT indisvalid AND indexrelid::regclass::text LIKE 'ledger_entries%address_idx'
"""


def _names(query: str) -> Iterator[str]:
    yield from op.get_bind().execute(sa.text(query)).scalars().all()


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    # On the parent alone, which holds no rows: valid once every partition has its own.
    op.execute(
        f"""-- squawk-ignore require-concurrent-index-creation
            CREATE INDEX IF NOT EXISTS {NAME} ON ONLY ledger_entries {COLUMNS}"""
    )
    with op.get_context().autocommit_block():
        for broken in _names(BROKEN):
            op.execute(f"DROP INDEX CONCURRENTLY {broken}")
        for partition in _names(PARTITIONS.format("ledger_entries")):
            own = f"{partition}_address_idx"
            op.execute(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {own} ON {partition} {COLUMNS}")
    for partition in _names(PARTITIONS.format("ledger_entries")):
        op.execute(f"ALTER INDEX {NAME} ATTACH PARTITION {partition}_address_idx")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute(f"DROP INDEX {NAME}")
