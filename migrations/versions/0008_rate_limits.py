"""Create the buckets of rate limits.

Additive. Unlogged: a crash refills them, and taking a token never waits for a disk. A bucket has a
keyed hash for its name, so that the table holds no address of anybody; it is reached through one
function alone.
"""

from alembic import op

revision = "0008"
down_revision = "0007"

#: A bucket drains at one token every ``interval`` seconds and holds ``span`` seconds' worth: one
#: timestamp says all of it (the generic cell rate algorithm, ITU-T I.371). All buckets give, or
#: none does: who is refused by one may not empty the others. Locks are taken in order.
TAKE = """
CREATE FUNCTION crm_take(buckets uuid[], intervals double precision[], spans double precision[])
RETURNS TABLE (place bigint, load double precision, is_refused boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    at timestamptz;
    refused boolean;
BEGIN
    PERFORM pg_advisory_xact_lock(uuid_hash_extended(each, 429))
    FROM (SELECT DISTINCT unnest(buckets) AS each ORDER BY 1) AS sorted;
    at := clock_timestamp();
    SELECT bool_or(coalesce(extract(epoch FROM b.drained_at - at), 0) + a.step > a.span + 0.001)
    INTO refused
    FROM unnest(buckets, intervals, spans) AS a(bucket, step, span)
    LEFT JOIN rate_buckets b ON b.bucket = a.bucket AND b.drained_at > at;
    RETURN QUERY
        SELECT a.n, greatest(coalesce(extract(epoch FROM b.drained_at - at), 0), 0)::float8,
            greatest(coalesce(extract(epoch FROM b.drained_at - at), 0), 0) + a.step
                > a.span + 0.001
        FROM unnest(buckets, intervals, spans) WITH ORDINALITY AS a(bucket, step, span, n)
        LEFT JOIN rate_buckets b ON b.bucket = a.bucket
        ORDER BY a.n;
    IF NOT refused THEN
        INSERT INTO rate_buckets AS b (bucket, drained_at)
        SELECT a.bucket, at + max(a.step) * interval '1 second'
        FROM unnest(buckets, intervals) AS a(bucket, step) GROUP BY a.bucket
        ON CONFLICT (bucket) DO UPDATE
        SET drained_at = greatest(b.drained_at, at) + (excluded.drained_at - at);
    END IF;
END $$
"""

UP = [
    """CREATE UNLOGGED TABLE rate_buckets (
        bucket uuid CONSTRAINT pk_rate_buckets PRIMARY KEY,
        drained_at timestamptz NOT NULL
    )""",
    "COMMENT ON COLUMN rate_buckets.bucket IS 'keyed hash of what is limited'",
    "COMMENT ON COLUMN rate_buckets.drained_at IS 'from then on it is as if there were no row'",
    "CREATE INDEX ix_rate_buckets_drained_at ON rate_buckets (drained_at)",
    TAKE,
    """REVOKE ALL ON FUNCTION crm_take(uuid[], double precision[], double precision[])
       FROM PUBLIC""",
    """GRANT EXECUTE ON FUNCTION crm_take(uuid[], double precision[], double precision[])
       TO crm_app""",
    "GRANT SELECT, UPDATE, DELETE ON rate_buckets TO crm_worker",
]


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("DROP FUNCTION crm_take(uuid[], double precision[], double precision[])")
    op.execute("DROP TABLE rate_buckets")
