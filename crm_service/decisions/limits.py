"""What a proof does not prove, said with the proof."""

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

from crm_service.decisions.findings import Findings, OfDecision, OfMoment

#: Longer than a transaction may take that is no import.
_RECENT = timedelta(minutes=1)


class Limit(NamedTuple):
    """A stable code, and what it means for the reader."""

    code: str
    detail: str


ALWAYS = (
    Limit(
        "suppressions_not_sealed",
        "which suppressions came and went, and when, is told by the list, which is not sealed; "
        "ledger entries, restrictions and decisions are. A click writes both at once: its "
        "suppression bears the correlation of the entries",
    ),
    Limit(
        "omissions_not_shown",
        "seals prove what is here, not that nothing was left out: who doubts that has the whole "
        "log verified (crm-service ledger verify), or an export of it (controller verify-export)",
    ),
    Limit(
        "bearer_not_recorded",
        "that a contact bore this very address is not on record: no_legal_basis and "
        "unknown_address may stand for each other, and both are a no",
    ),
)
NOT_SHOWN = Limit(
    "asked_not_shown",
    "a decision records how many addresses were asked, never which; give the kept answer, whose "
    "digest is recorded, to show that this one was among them",
)
PART = Limit(
    "answer_incomplete",
    "the recorded digest covers all results in their order; these are not as many",
)
NOT_SEALED = Limit("not_sealed_yet", "some entries are of the last seconds and not sealed yet")
SEAL_DIFFERS = Limit(
    "seal_differs",
    "a seal does not cover what is in the log now; run crm-service ledger verify",
)
ERASED = Limit(
    "evidence_erased",
    "evidence was emptied by an erasure; the entry keeps its salted digest, which a copy kept "
    "elsewhere with its salt can be compared with",
)
DOMAINS = Limit(
    "domain_blocks_not_checked",
    "without the address itself, blocks on its domain cannot be looked up",
)
BY_LEDGER = Limit(
    "address_by_contact",
    "the address is the one that the ledger last spoke of for this contact and channel; give the "
    "address itself if the contact had several",
)
NO_SNAPSHOT = Limit(
    "snapshot_not_recorded",
    "this decision did not record what it could see; a change of the same instant may be taken "
    "for one before it",
)
OVERLAPPING = Limit(
    "overlapping_changes",
    "something was recorded while the decision was made; see verdict_at_end for what it was with "
    "that, and the kept answer for what was answered",
)
UNDATED = Limit(
    "suppressions_by_date",
    "a suppression is older than the stamps of transactions, and the events that told when it came "
    "or went are gone; its own dates, which may have been given by the source, stand for it",
)
BY_BEGIN = Limit(
    "known_by_begin",
    "an entry bears the time at which its transaction began: what was committed only after this "
    "moment counts as known at it. What one check could really see is proved by its decision",
)
POLICY = Limit(
    "policy_not_sealed",
    "since when a version of the policy was in force is told by the list of versions; that it was "
    "activated is in the sealed audit log (policies.activate)",
)
RECENT = Limit(
    "moment_just_past",
    "what was being written at this moment may not all be here yet; ask again in a minute",
)
TOPIC = Limit(
    "topic_not_in_use",
    "at this moment the topic was not there yet, or was archived: a check would have been refused",
)
OTHERWISE = Limit(
    "recorded_otherwise",
    "something about this moment was recorded later than it happened; see verdict_by_facts for "
    "what it is with that",
)


def _of_any(found: Findings) -> Iterator[Limit]:
    yield from ALWAYS
    cases = (
        (NOT_SEALED, not found.is_sealed),
        (SEAL_DIFFERS, not found.seals_hold),
        (ERASED, any(entry.erased_at for entry in found.entries)),
        (DOMAINS, not found.has_domain_keys),
        (BY_LEDGER, found.is_by_contact),
        (UNDATED, any(not block.is_dated for block in found.blocks)),
    )
    yield from (limit for limit, holds in cases if holds)


def of_decision(found: OfDecision) -> Iterator[Limit]:
    """Yield what the proof of one verdict of a decision does not prove."""
    yield from _of_any(found)
    cases = (
        (NOT_SHOWN, found.digest_matches is not True or found.answered is None),
        (PART, found.is_part),
        (NO_SNAPSHOT, not found.decision.is_exact),
        (OVERLAPPING, found.overlapping),
    )
    yield from (limit for limit, holds in cases if holds)


def of_moment(found: OfMoment) -> Iterator[Limit]:
    """Yield what the proof of a moment does not prove."""
    yield from _of_any(found)
    yield from (BY_BEGIN, POLICY)
    cases = (
        (RECENT, found.proved_at - found.question.now < _RECENT),
        (TOPIC, found.topic_gone),
        (OTHERWISE, found.is_recorded_otherwise),
    )
    yield from (limit for limit, holds in cases if holds)
