"""Let a controller leave: close it, and let its rows be deleted, those of the logs too.

Additive: a column, a table of what stays, and one exception in the trigger of append-only tables. A
row may be deleted there if its controller is closed, and only by who has the right to delete: the
owner, whom no service process is.
"""

from alembic import op

revision = "0030"
down_revision = "0029"

UP = [
    "ALTER TABLE controllers ADD COLUMN closed_at timestamptz",
    """CREATE TABLE offboardings (
        id uuid NOT NULL,
        leaving_id uuid,
        manifest_sha256 bytea NOT NULL,
        ledger_seal bigint NOT NULL,
        ledger_head bytea NOT NULL,
        audit_seal bigint NOT NULL,
        audit_head bytea NOT NULL,
        began_at timestamptz NOT NULL DEFAULT now(),
        ended_at timestamptz,
        CONSTRAINT pk_offboardings PRIMARY KEY (id),
        CONSTRAINT uq_offboardings_leaving_id UNIQUE (leaving_id)
    )""",
    """COMMENT ON COLUMN offboardings.leaving_id
       IS 'the controller while its rows are being deleted; null afterwards'""",
    "COMMENT ON COLUMN offboardings.manifest_sha256 IS 'of the export that was compared'",
]

UNLESS_CLOSED = """
CREATE OR REPLACE FUNCTION crm_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_LEVEL = 'ROW' AND TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM public.controllers
                   WHERE id = (to_jsonb(OLD) ->> 'controller_id')::uuid AND closed_at IS NOT NULL)
        THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""

ALWAYS = """
CREATE OR REPLACE FUNCTION crm_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in UP:
        op.execute(statement)
    op.execute(UNLESS_CLOSED)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute(ALWAYS)
    op.execute("DROP TABLE offboardings")
    op.execute("ALTER TABLE controllers DROP COLUMN closed_at")
