"""What the public pages may know: nothing about the person but a masked address."""

#: What the page may say: the link's topic, the masked address; and under which version of the
#: policy. That it was read goes on record with it.
DESCRIBE = """
WITH viewed AS (
    INSERT INTO audit_entries (controller_id, actor, action, fields)
    SELECT id, 'recipient', 'unsubscribe.view', ARRAY['masked_address']
    FROM controllers WHERE id = %(controller_id)s AND closed_at IS NULL
)
SELECT t.slug, t.name, contact.email, contact.phone, contact.language,
    EXISTS (
        SELECT FROM suppressions s
        WHERE s.controller_id = c.id AND s.address_key = %(address_key)s AND s.lifted_at IS NULL
            AND s.reason <> 'pause'
            AND (s.scope IN ('marketing', 'all') OR s.scope = 'topic' AND s.topic_id = t.id)),
    EXISTS (
        SELECT FROM suppressions s
        WHERE s.controller_id = c.id AND s.address_key = %(address_key)s AND s.lifted_at IS NULL
            AND s.scope IN ('marketing', 'all')),
    (SELECT max(version) FROM policy_versions WHERE controller_id = c.id)
FROM controllers c
LEFT JOIN topics t ON t.controller_id = c.id AND t.link_ref = %(topic_ref)s
    AND t.archived_at IS NULL
LEFT JOIN addresses a ON a.controller_id = c.id AND a.address_key = %(address_key)s
LEFT JOIN contacts contact ON contact.controller_id = c.id AND contact.id = a.subject_id
WHERE c.id = %(controller_id)s AND c.closed_at IS NULL
"""
