"""The destinations that a controller registered: nothing about people."""

from crm_service.statements import Statement

#: A repeat changes nothing.
REGISTER = """
INSERT INTO tracked_links (controller_id, ref, url)
SELECT %(controller_id)s, * FROM unnest(%(refs)s::text[], %(urls)s::text[])
ON CONFLICT (controller_id, ref) DO NOTHING
"""

CONTROLLER_REF = "SELECT link_ref FROM controllers WHERE id = %s"

DESTINATION = Statement("""
SELECT url FROM tracked_links WHERE controller_id = %(controller_id)s AND ref = %(ref)s
""")

#: How events name what a token refers to.
NAMES = Statement("""
SELECT (SELECT slug FROM topics
        WHERE controller_id = %(controller_id)s::uuid AND link_ref = %(topic_ref)s::bigint),
       (SELECT name FROM campaigns
        WHERE controller_id = %(controller_id)s::uuid AND link_ref = %(campaign_ref)s::bigint)
""")
