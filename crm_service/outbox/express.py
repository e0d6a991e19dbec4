"""Which events go before a backlog: those that somebody waits for (ADR 0036).

An import records events by the hundred thousand. Whoever sends mail must learn of an opt-out
meanwhile, and a person of a link that works for half an hour.
"""

#: Opt-outs, blocks, erasures and restrictions; one-time links; what became of a person's request.
TYPES = (
    "address_proof.requested.v1",
    "consent.withdrawn.v1",
    "contact.erased.v1",
    "contact.restricted.v1",
    "contact.unsubscribed.v1",
    "objection.recorded.v1",
    "recipient_notice.due.v1",
    "rights_request.received.v1",
    "rights_request.decided.v1",
    "suppression.added.v1",
)
#: A statement that records more is a bulk by itself: if everything goes first, nothing does.
FEW = 100

#: CTE for statements that log events, behind ``logged(position, subject_id, type, …)``. A row a
#: subject: the relay takes everything of that person up to there, so that nothing is overtaken.
EXPRESS = f"""
express AS (
    INSERT INTO outbox_express (position, controller_id, subject_id)
    SELECT max(position), %(controller_id)s::uuid, subject_id FROM logged
    WHERE type IN ({", ".join(f"'{name}'" for name in TYPES)}) AND subject_id IS NOT NULL
        AND (SELECT count(*) FROM logged) <= {FEW}
    GROUP BY subject_id
)"""  # noqa: S608 - constant text
