"""Show client managers what newer rooms hold of a contact where it is assigned to them alone.

No route lets their keys into these rooms, and organizations are named by a contact's change. What a
route forgets PostgreSQL withholds, as it does with contacts (ADR 0033). Additive: the restrictive
policies cost everybody else the look at one setting a row.
"""

from alembic import op

revision = "0045"
down_revision = "0044"

#: The tables whose rows tell of one contact, and the column that says of which.
SEEN = {
    "contracts": "subject_id",
    "holds": "subject_id",
    "restrictions": "subject_id",
    "exceptional_processing": "subject_id",
    "rights_requests": "subject_id",
    "recipient_notices": "subject_id",
    "disclosed_subjects": "subject_id",
    "informings": "contact_id",
    "reviews": "contact_id",
}

IS_ADMIN = "coalesce(current_setting('crm.client_manager', true), '') = ''"

#: Of organizations those that a contact represents whom the manager sees.
REPRESENTED = """EXISTS (SELECT FROM contacts c
    WHERE c.controller_id = organizations.controller_id AND c.organization_id = organizations.id)"""

UP = [
    *[
        f"""CREATE POLICY of_client_manager ON {table} AS RESTRICTIVE TO crm_app
            USING ({IS_ADMIN} OR crm_is_assigned(controller_id, {column}))"""
        for table, column in SEEN.items()
    ],
    f"""CREATE POLICY of_client_manager ON organizations AS RESTRICTIVE TO crm_app
        USING ({IS_ADMIN} OR {REPRESENTED})""",
]


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for table in (*SEEN, "organizations"):
        op.execute(f"DROP POLICY of_client_manager ON {table}")
