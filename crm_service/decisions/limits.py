"""What a proof does not prove, said with the proof."""

from collections.abc import Iterator
from typing import NamedTuple

from crm_service.decisions.findings import Findings


class Limit(NamedTuple):
    """A stable code, and what it means for the reader."""

    code: str
    detail: str


ALWAYS = (
    Limit(
        "suppressions_not_sealed",
        "when a suppression came and went is told by the list and the event log, which are not "
        "sealed; ledger entries and the decision are",
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
    "no event tells when a suppression came or went; its own dates, which may have been given by "
    "the source, stand for it",
)


def of(found: Findings) -> Iterator[Limit]:
    """Yield what holds of these findings."""
    yield from ALWAYS
    cases = (
        (NOT_SHOWN, found.digest_matches is not True or found.answered is None),
        (PART, found.is_part),
        (NOT_SEALED, not found.is_sealed),
        (SEAL_DIFFERS, not found.seals_hold),
        (ERASED, any(entry.erased_at for entry in found.entries)),
        (DOMAINS, not found.has_domain_keys),
        (BY_LEDGER, found.is_by_contact),
        (NO_SNAPSHOT, not found.decision.is_exact),
        (OVERLAPPING, found.overlapping),
        (UNDATED, any(not block.is_dated for block in found.blocks)),
    )
    yield from (limit for limit, holds in cases if holds)
