"""Create assignments of contacts to client managers, and let their keys see nothing else.

Additive: a new table and a nullable column. The restrictive policies cost those who are no client
managers the look at one setting a row; PostgreSQL enforces them whatever a statement forgets.
"""

from alembic import op

revision = "0029"
down_revision = "0028"

#: The tables whose rows tell of one contact, and the column that says of which.
SEEN = {
    "contacts": "id",
    "contact_sources": "contact_id",
    "assignments": "contact_id",
    "interactions": "subject_id",
    "cases": "subject_id",
    "national_ids": "subject_id",
}

ASSIGNED = """
CREATE FUNCTION crm_is_assigned(of_controller uuid, contact uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = public AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM assignments a WHERE a.controller_id = of_controller AND a.contact_id = contact
            AND a.manager = current_setting('crm.client_manager', true));
END $$
"""

IS_ADMIN = "coalesce(current_setting('crm.client_manager', true), '') = ''"

UP = [
    "ALTER TABLE api_keys ADD COLUMN client_manager text",
    """COMMENT ON COLUMN api_keys.client_manager
       IS 'a key of this client manager, who sees the contacts assigned to them alone'""",
    """CREATE TABLE assignments (
        controller_id uuid NOT NULL,
        contact_id uuid NOT NULL,
        manager text NOT NULL,
        assigned_by text NOT NULL,
        assigned_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_assignments PRIMARY KEY (controller_id, contact_id)
    )""",
    "CREATE INDEX ix_assignments_manager ON assignments (controller_id, manager, contact_id)",
    "CALL crm_protect('assignments')",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON assignments TO crm_app",
    ASSIGNED,
    # Looking at assignments through the function would ask the function again.
    f"""CREATE POLICY of_client_manager ON assignments AS RESTRICTIVE TO crm_app
        USING ({IS_ADMIN} OR manager = current_setting('crm.client_manager', true))""",
    *[
        f"""CREATE POLICY of_client_manager ON {table} AS RESTRICTIVE TO crm_app
            USING ({IS_ADMIN} OR crm_is_assigned(controller_id, {column}))"""
        for table, column in SEEN.items()
        if table != "assignments"
    ],
]

DOWN = [
    *[f"DROP POLICY of_client_manager ON {table}" for table in SEEN],
    "DROP FUNCTION crm_is_assigned(uuid, uuid)",
    "DROP TABLE assignments",
    "ALTER TABLE api_keys DROP COLUMN client_manager",
]


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in DOWN:
        op.execute(statement)
