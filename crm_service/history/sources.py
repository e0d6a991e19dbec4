"""Where the timeline comes from. A room that has something to tell adds one entry here.

A source is a SELECT of ``at`` (when it happened), ``id``, ``what`` (in a word) and ``details``
(jsonb, shown as it is) about the subject ``%(subject_id)s`` of ``%(controller_id)s``; and of
``step``, where one id has several entries: their order, should they be of one moment. It may use
``%(now)s``, ``%(campaign)s`` and ``%(machine)s``; one that knows the last two says so by
``has_campaigns``.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """One kind of entries. ``has_campaigns``: its entries may be asked for by campaign.

    ``has_steps``: it selects ``step``.
    """

    kind: str
    select: str
    has_campaigns: bool = False
    has_steps: bool = False


LEDGER = Source(
    "ledger",
    """
    SELECT CASE WHEN l.action IN ('carried', 'reanchored', 'restored', 'erased')
                THEN l.recorded_at ELSE least(l.since, l.recorded_at) END AS at,
        l.id, l.action AS what, jsonb_build_object('channel', l.channel, 'purpose', l.purpose,
            'topic', t.slug, 'basis', l.basis, 'state', l.state, 'source', l.source) AS details
    FROM ledger_entries l LEFT JOIN topics t ON t.id = l.topic_id
    WHERE l.controller_id = %(controller_id)s AND l.subject_id = %(subject_id)s""",
)

SUPPRESSION = Source(
    "suppression",
    """
    SELECT happened.at, s.id, happened.what, happened.step,
        jsonb_build_object('kind', s.kind, 'scope', s.scope,
        'topic', t.slug, 'reason', s.reason, 'source', s.source) AS details
    FROM suppressions s
    LEFT JOIN topics t ON t.id = s.topic_id
    CROSS JOIN LATERAL (VALUES (s.suppressed_at, 'added', 0),
        (s.lifted_at, 'lifted', 1)) AS happened(at, what, step)
    WHERE s.controller_id = %(controller_id)s AND s.subject_id = %(subject_id)s
        AND happened.at IS NOT NULL""",
    has_steps=True,
)

ENGAGEMENT = Source(
    "engagement",
    """
    SELECT e.occurred_at AS at, e.id, e.type AS what, jsonb_build_object('source', e.source,
        'message_id', e.message_id, 'campaign', e.campaign, 'topic', e.topic, 'bounce', e.bounce,
        'reason', e.reason, 'description', e.description, 'mta_response', e.mta_response,
        'url', e.url, 'client', e.client, 'os', e.os, 'device', e.device, 'machine', e.machine,
        'signal', e.signal, 'tags', e.tags, 'metadata', e.metadata) AS details
    FROM addresses a
    JOIN engagement_events e
        ON e.controller_id = a.controller_id AND e.address_key = a.address_key
    WHERE a.controller_id = %(controller_id)s AND a.subject_id = %(subject_id)s
        AND (%(campaign)s::text IS NULL OR e.campaign = %(campaign)s)
        AND (%(machine)s::boolean IS NULL OR e.machine = %(machine)s)""",
    has_campaigns=True,
)

#: Whose time is over its term is placed in its month only (clause no-04).
INTERACTION = Source(
    "interaction",
    """
    SELECT coalesce(i.occurred_at, date_trunc('month', i.recorded_at)) AS at, i.id, i.kind AS what,
        jsonb_build_object('category', i.category, 'purpose', i.purpose, 'direction', i.direction,
            'number', i.number, 'note', i.note, 'record_system', i.record_system,
            'record_id', i.record_id, 'case', c.reference) AS details
    FROM interactions i LEFT JOIN cases c ON c.id = i.case_id
    WHERE i.controller_id = %(controller_id)s AND i.subject_id = %(subject_id)s""",
)

RIGHTS = Source(
    "rights_request",
    """
    SELECT happened.at, r.id, happened.what, happened.step,
        jsonb_build_object('kind', r.kind,
        'status', r.status, 'due_on', r.due_on, 'outcome', r.outcome) AS details
    FROM rights_requests r
    CROSS JOIN LATERAL (VALUES (r.received_at, 'received', 0),
        (r.extended_at, 'extended', 1), (r.decided_at, 'decided', 2),
        (r.closed_at, 'closed', 3)) AS happened(at, what, step)
    WHERE r.controller_id = %(controller_id)s AND r.subject_id = %(subject_id)s
        AND happened.at IS NOT NULL""",
    has_steps=True,
)

DISCLOSURE = Source(
    "disclosure",
    """
    SELECT d.disclosed_at AS at, d.id, 'disclosed' AS what, jsonb_build_object(
        'recipient', r.slug, 'ground', d.ground, 'purpose', d.purpose, 'fields', d.fields)
        AS details
    FROM disclosed_subjects s
    JOIN disclosures d ON d.id = s.disclosure_id
    JOIN recipients r ON r.id = d.recipient_id
    WHERE s.controller_id = %(controller_id)s AND s.subject_id = %(subject_id)s""",
)

#: An end that is to come is not shown before it has.
CONTRACT = Source(
    "contract",
    """
    SELECT happened.on_day::timestamptz AS at, c.id, happened.what, happened.step,
        jsonb_build_object(
        'reference', c.reference, 'category', c.category, 'purpose', c.purpose) AS details
    FROM contracts c
    CROSS JOIN LATERAL (VALUES (c.signed_on, 'signed', 0), (c.ended_on, 'ended', 1))
        AS happened(on_day, what, step)
    WHERE c.controller_id = %(controller_id)s AND c.subject_id = %(subject_id)s
        AND happened.on_day <= %(now)s::timestamptz""",
    has_steps=True,
)

HOLD = Source(
    "hold",
    """
    SELECT happened.at, h.id, happened.what, happened.step,
        jsonb_build_object('kind', h.kind,
        'reference', h.reference, 'law', h.law, 'outcome', h.outcome,
        'held_until', h.held_until) AS details
    FROM holds h
    CROSS JOIN LATERAL (VALUES (h.set_at, 'set', 0), (h.resolved_at, 'resolved', 1),
        (h.lifted_at, 'lifted', 2)) AS happened(at, what, step)
    WHERE h.controller_id = %(controller_id)s AND h.subject_id = %(subject_id)s
        AND happened.at IS NOT NULL""",
    has_steps=True,
)

SOURCES = (LEDGER, SUPPRESSION, ENGAGEMENT, INTERACTION, RIGHTS, DISCLOSURE, CONTRACT, HOLD)
KINDS = tuple(source.kind for source in SOURCES)
