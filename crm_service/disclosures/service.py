"""Audiences: everybody eligible for a topic and channel, streamed (rules 7, 16, 20 to 24, 31, 38).

Each batch is read in a short transaction of its own, from the primary: what was refused before a
batch was read is not in it, and nothing is held while a slow client reads. No line is older than
the ``as_of`` of its audience; whoever sends later checks again before sending (rule 24).
"""

import hashlib
import uuid
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from crm_service.audit import service as audit
from crm_service.db import Connection
from crm_service.disclosures.ordering import Plan
from crm_service.disclosures.people import Batch, Reader
from crm_service.disclosures.ranges import Ranges
from crm_service.disclosures.writing import Writer
from crm_service.eligibility import service as eligibility
from crm_service.eligibility.checking import Caller
from crm_service.eligibility.service import Question
from crm_service.errors import Invalid, NotFound
from crm_service.policies.document import Policy
from crm_service.unsubscribe import tokens
from crm_service.unsubscribe.campaigns import remember_campaign
from crm_service.unsubscribe.links import Aim, Ways

#: People looked at in one transaction.
BATCH = 20_000

Connect = Callable[[], AbstractContextManager[Connection]]


def ask(
    connection: Connection, caller: Caller, policy: Policy, *, topic: str, channel: str
) -> Question:
    """Return the question that an audience answers.

    Raises ``NotFound`` (``unknown_topic``), also for an archived topic and another controller's.
    """
    try:
        return eligibility.ask(
            connection, caller.controller_id, policy, topic=topic, channel=channel
        )
    except Invalid as refusal:
        if refusal.code != "unknown_topic":
            raise
        raise NotFound("there is no such topic", code=refusal.code) from None


def remember(connection: Connection, caller: Caller, plan: Plan) -> None:
    """Store the campaign that the audience's links name, if any."""
    if plan.order.links and plan.order.campaign:
        reference = _campaign_ref(caller, plan)
        remember_campaign(connection, caller.controller_id, plan.order.campaign, reference)


@dataclass
class _Tally:
    """What was handed out: how many people, and the digest of the text."""

    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    count: int = 0
    is_complete: bool = False

    def add(self, text: bytes, people: int = 0) -> bytes:
        """Take note of what is about to be sent, and return it."""
        self.digest.update(text)
        self.count += people
        return text


def stream(
    caller: Caller, plan: Plan, question: Question, export_id: uuid.UUID, connect: Connect
) -> Generator[bytes, None, None]:
    """Yield the audience, a batch at a time; record what was handed out when it ends.

    Recorded is the audience also when the client goes away early: with what it may have got.
    """
    tally = _Tally()
    writer = Writer(plan, _ways(caller, plan, question))
    try:
        if header := writer.header():
            yield tally.add(header)
        for batch in _batches(caller, plan, question, connect):
            text, people = writer.write(batch)
            if text:
                yield tally.add(text, people)
        tally.is_complete = True
    finally:
        with connect() as connection:
            _record(connection, caller, plan, question, export_id, tally)


def _batches(caller: Caller, plan: Plan, question: Question, connect: Connect) -> Iterator[Batch]:
    """Yield batches; while one is written, the next is read, in a transaction of its own."""
    if not plan.allowed:
        return
    reader = Reader(
        caller.controller_id, plan.allowed, kind=question.kind, guards_phones=plan.is_for_platform
    )
    ranges = Ranges(BATCH)

    def read() -> Batch | None:
        if ranges.is_exhausted:
            return None
        with connect() as connection:
            # The topic may have been archived, and time goes on: each batch asks anew.
            current = ask(
                connection,
                caller,
                question.policy,
                topic=question.topic,
                channel=question.channel,
            )
            batch = reader.read(connection, current, *ranges.next())
        ranges.held(batch.weight)
        return batch

    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="audience") as ahead:
        coming = ahead.submit(read)
        while (batch := coming.result()) is not None:
            coming = ahead.submit(read)
            yield batch


def _ways(caller: Caller, plan: Plan, question: Question) -> Ways | None:
    if not plan.order.links:
        return None
    aim = Aim(
        question.controller_ref, question.channel, question.topic_ref, _campaign_ref(caller, plan)
    )
    domain = question.policy.mail.inbound_domain or caller.mail_domain
    return Ways(caller.keyring, aim, public_url=caller.public_url, mail_domain=domain)


def _campaign_ref(caller: Caller, plan: Plan) -> int:
    if not plan.order.campaign:
        return 0
    return tokens.campaign_ref(caller.keyring.pepper(caller.controller_id), plan.order.campaign)


def _record(
    connection: Connection,
    caller: Caller,
    plan: Plan,
    question: Question,
    export_id: uuid.UUID,
    tally: _Tally,
) -> None:
    audit.record(
        connection,
        caller.controller_id,
        actor=caller.actor,
        action="audiences.export",
        purpose=question.purpose.slug,
        fields=list(plan.allowed),
        count=tally.count,
        entry_id=export_id,
        details={
            "topic": question.topic,
            "channel": question.channel,
            "format": plan.order.format,
            "links": plan.order.links,
            "policy_version": question.policy.version,
            "as_of": question.now,
            "complete": tally.is_complete,
            "sha256": tally.digest.hexdigest(),
        },
    )
