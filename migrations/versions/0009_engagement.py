"""Create what became of messages: events by month, the memory of what was seen, raw parts, totals.

Additive: new tables only. Events are keyed by address key; nothing here is a plain address but in
``engagement_raw``, which the policy keeps for a term or not at all.
"""

from alembic import op

revision = "0009"
down_revision = "0008"

UP = [
    # By month of arrival: what tells of years ago arrives now. Ids ascend with time.
    """CREATE TABLE engagement_events (
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        recorded_at timestamptz NOT NULL DEFAULT now(),
        controller_id uuid NOT NULL,
        address_key uuid NOT NULL,
        type text NOT NULL,
        occurred_at timestamptz NOT NULL,
        source text NOT NULL,
        message_id text,
        campaign text,
        topic text,
        bounce text,
        reason text,
        description text,
        mta_response text,
        url text,
        client text,
        os text,
        device text,
        machine boolean NOT NULL DEFAULT false,
        signal text,
        tags text[],
        metadata jsonb,
        CONSTRAINT pk_engagement_events PRIMARY KEY (id, recorded_at),
        CONSTRAINT ck_engagement_events_type CHECK (type IN ('queued', 'sent', 'rejected', 'failed',
            'bounced', 'deferred', 'delivered', 'autoresponded', 'opened', 'clicked', 'complained',
            'unsubscribed', 'subscribed', 'unknown')),
        CONSTRAINT ck_engagement_events_bounce CHECK (bounce IN ('hard', 'soft'))
    ) PARTITION BY RANGE (recorded_at)""",
    "CREATE TABLE engagement_events_default PARTITION OF engagement_events DEFAULT",
    """CREATE INDEX ix_engagement_events_address
       ON engagement_events (controller_id, address_key, occurred_at)""",
    """CREATE INDEX ix_engagement_events_campaign
       ON engagement_events (controller_id, campaign) WHERE campaign IS NOT NULL""",
    """CREATE INDEX ix_engagement_events_topic
       ON engagement_events (controller_id, topic, occurred_at) WHERE topic IS NOT NULL""",
    """CREATE INDEX ix_engagement_events_clicks
       ON engagement_events (controller_id, address_key) WHERE type = 'clicked'""",
    "COMMENT ON COLUMN engagement_events.signal IS 'by which sign a machine was recognized'",
    "SELECT crm_create_partitions('engagement_events', interval '1 month', interval '3 months')",
    "CALL crm_protect('engagement_events')",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON engagement_events TO crm_app",
    # For a controller that statistics have not seen the planner would expect no row at all.
    "ALTER TABLE engagement_events ALTER COLUMN controller_id SET STATISTICS 0",
    # Which events came before, by a keyed digest of controller, source and event id. Providers
    # repeat theirs days apart, so this is one index over all months; the worker forgets the oldest.
    """CREATE TABLE engagement_seen (
        digest uuid NOT NULL,
        controller_id uuid NOT NULL,
        seen_on date NOT NULL DEFAULT current_date,
        CONSTRAINT pk_engagement_seen PRIMARY KEY (digest)
    )""",
    "CREATE INDEX ix_engagement_seen_seen_on ON engagement_seen (seen_on)",
    "CALL crm_protect('engagement_seen')",
    "CREATE POLICY worker_forgets ON engagement_seen TO crm_worker USING (true)",
    "GRANT SELECT, INSERT ON engagement_seen TO crm_app",
    "GRANT SELECT, DELETE ON engagement_seen TO crm_worker",
    # What the policy keeps for a term: the user agent as sent, the provider's own words.
    """CREATE TABLE engagement_raw (
        controller_id uuid NOT NULL,
        event_id uuid NOT NULL,
        address_key uuid NOT NULL,
        user_agent text,
        ip_prefix text,
        raw jsonb,
        expires_on date NOT NULL,
        CONSTRAINT pk_engagement_raw PRIMARY KEY (event_id)
    )""",
    "COMMENT ON COLUMN engagement_raw.raw IS 'personal data: may hold addresses'",
    "CREATE INDEX ix_engagement_raw_address ON engagement_raw (controller_id, address_key)",
    "CREATE INDEX ix_engagement_raw_expires_on ON engagement_raw (expires_on)",
    "CALL crm_protect('engagement_raw')",
    "CREATE POLICY worker_forgets ON engagement_raw TO crm_worker USING (true)",
    "GRANT SELECT, INSERT, DELETE ON engagement_raw TO crm_app",
    "GRANT SELECT (event_id, expires_on), DELETE ON engagement_raw TO crm_worker",
    # What erased people had done, without any key to them.
    """CREATE TABLE engagement_totals (
        controller_id uuid NOT NULL,
        campaign text,
        topic text,
        type text NOT NULL,
        bounce text,
        machine boolean NOT NULL,
        events bigint NOT NULL,
        people bigint NOT NULL,
        CONSTRAINT uq_engagement_totals UNIQUE NULLS NOT DISTINCT
            (controller_id, campaign, topic, type, bounce, machine)
    )""",
    "CALL crm_protect('engagement_totals')",
    "GRANT SELECT, INSERT, UPDATE ON engagement_totals TO crm_app",
]

DOWN = [
    "DROP TABLE engagement_totals",
    "DROP TABLE engagement_raw",
    "DROP TABLE engagement_seen",
    "DROP TABLE engagement_events",
]


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statement in DOWN:
        op.execute(statement)
