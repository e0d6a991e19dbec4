"""SQL of statistics: what stands, and what erased people had done (clause ee-10)."""

_SUM = """
SELECT type, bounce, machine, sum(events)::bigint, sum(people)::bigint FROM (
    SELECT e.type, e.bounce, e.machine, count(*) AS events,
        count(DISTINCT e.address_key) AS people
    FROM engagement_events e
    WHERE e.controller_id = %(controller_id)s AND {live}
    GROUP BY 1, 2, 3
    UNION ALL
    SELECT t.type, t.bounce, t.machine, t.events, t.people FROM engagement_totals t
    WHERE t.controller_id = %(controller_id)s AND {gone}
) AS counted
GROUP BY 1, 2, 3
"""

OF_CAMPAIGN = _SUM.format(live="e.campaign = %(campaign)s", gone="t.campaign = %(campaign)s")

#: Totals of the erased know no month.
OF_TOPIC = _SUM.format(
    live="""e.topic = %(topic)s
        AND (%(since)s::timestamptz IS NULL OR e.occurred_at >= %(since)s)
        AND (%(until)s::timestamptz IS NULL OR e.occurred_at < %(until)s)""",
    gone="t.topic = %(topic)s AND %(since)s::timestamptz IS NULL",
)

DEVICES_OF_TOPIC = """
SELECT e.device, count(DISTINCT e.address_key) FROM engagement_events e
WHERE e.controller_id = %(controller_id)s AND e.topic = %(topic)s
    AND e.type IN ('opened', 'clicked') AND NOT e.machine AND e.device IS NOT NULL
    AND (%(since)s::timestamptz IS NULL OR e.occurred_at >= %(since)s)
    AND (%(until)s::timestamptz IS NULL OR e.occurred_at < %(until)s)
GROUP BY 1
"""

#: Adds what people did to the totals, which hold no key to anybody, before it is deleted.
KEEP_TOTALS = """
INSERT INTO engagement_totals AS t
    (controller_id, campaign, topic, type, bounce, machine, events, people)
SELECT e.controller_id, e.campaign, e.topic, e.type, e.bounce, e.machine, count(*),
    count(DISTINCT a.subject_id)
FROM addresses a
JOIN engagement_events e ON e.controller_id = a.controller_id AND e.address_key = a.address_key
WHERE a.controller_id = %(controller_id)s AND a.subject_id = ANY (%(subject_ids)s::uuid[])
    AND (e.campaign IS NOT NULL OR e.topic IS NOT NULL)
GROUP BY 1, 2, 3, 4, 5, 6
ORDER BY 2, 3, 4, 5, 6
ON CONFLICT ON CONSTRAINT uq_engagement_totals
DO UPDATE SET events = t.events + excluded.events, people = t.people + excluded.people
"""
