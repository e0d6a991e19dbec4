"""What was found of one address at one decision or moment, and what it rests on."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from crm_service.audit.digest import AuditRow
from crm_service.decisions.asked import Address
from crm_service.decisions.kept import agrees
from crm_service.decisions.lives import Life
from crm_service.decisions.records import Decision
from crm_service.decisions.views import View
from crm_service.eligibility.service import Question
from crm_service.permissions.proving import Proved
from crm_service.policies.service import Activation
from crm_service.seals.digests import Mark
from crm_service.seals.inclusion import Inclusion
from crm_service.suppression.past import PastBlock

Seals = Mapping[Mark, Inclusion]

#: Facts about a mailbox, and a wish to be spared for a while: no message gets through, and yet a
#: permission for a whole purpose, such as tracking, stands.
_ABOUT_MESSAGES = frozenset({"hard_bounce", "invalid", "pause"})


@dataclass(kw_only=True)
class Findings:
    """Everything that is proved of one address, and what it rests on.

    ``view``: what was known; ``seals`` are of ledger entries, ``audit_seals`` of the restrictions.
    """

    address: Address
    question: Question
    view: View
    subject_ids: Sequence[uuid.UUID] = ()
    entries: Sequence[Proved] = ()
    blocks: Sequence[PastBlock] = ()
    life: Life = field(default_factory=Life)
    seals: Seals = field(default_factory=dict)
    audit_seals: Seals = field(default_factory=dict)
    verdict: dict[str, Any] = field(default_factory=dict)

    def known(self, view: View | None = None) -> list[Proved]:
        """Return the entries that were known."""
        view = view or self.view
        return [e for e in self.entries if view.sees(int(e.row.xid), e.row.recorded_at)]

    def standing(self, view: View | None = None) -> list[PastBlock]:
        """Return the blocks that stood."""
        sees = (view or self.view).sees
        return [block for block in self.blocks if block.stood(self.question.now, sees)]

    def barring(self, blocks: Sequence[PastBlock]) -> list[uuid.UUID]:
        """Return those of the blocks that a verdict on this question looks at."""
        is_purpose = self.question.topic_id is None
        return [one.id for one in blocks if not (is_purpose and one.reason in _ABOUT_MESSAGES)]

    @property
    def only_subject(self) -> uuid.UUID | None:
        """Whose the address was, unless it was several people's, or nobody's."""
        return self.subject_ids[0] if len(self.subject_ids) == 1 else None

    @property
    def is_sealed(self) -> bool:
        """Whether every entry that was known, and every restriction, is under a seal."""
        entries = all(mark(entry.row) in self.seals for entry in self.known())
        return entries and all(mark(row) in self.audit_seals for row in self.restrictions)

    @property
    def restrictions(self) -> list[AuditRow]:
        """The restrictions of the address, and their ends."""
        return self.life.concerned(self.question.now)

    @property
    def seals_hold(self) -> bool:
        """Whether each seal covers what is in the log now."""
        return all(one.holds for one in [*self.seals.values(), *self.audit_seals.values()])

    @property
    def has_domain_keys(self) -> bool:
        """Whether blocks on the domain were looked up."""
        return self.address.domain_keys is not None

    @property
    def is_by_contact(self) -> bool:
        """Whether the address was found by a contact's id."""
        return self.address.contact_id is not None


@dataclass(kw_only=True)
class OfDecision(Findings):
    """What is proved of one address at one decision; ``until``: all that it can have seen."""

    decision: Decision
    until: View
    verdict_at_end: dict[str, Any] | None = None
    is_part: bool = False
    digest_matches: bool | None = None
    answered: dict[str, Any] | None = None

    @property
    def overlapping(self) -> bool:
        """Whether anything was recorded while the decision was made."""
        told = [self.known(view) for view in (self.view, self.until)]
        stood = [self.standing(view) for view in (self.view, self.until)]
        return told[0] != told[1] or stood[0] != stood[1] or self._is_restriction_overlapping

    @property
    def _is_restriction_overlapping(self) -> bool:
        now = self.decision.entry.recorded_at
        found = [self.life.is_restricted(view, now) for view in (self.view, self.until)]
        return found[0] != found[1]

    @property
    def is_sealed(self) -> bool:
        """Whether the decision is under a seal, too."""
        return self.decision.seal is not None and super().is_sealed

    @property
    def seals_hold(self) -> bool:
        """Whether each seal covers what is in the log now, the decision's as well."""
        return super().seals_hold and (self.decision.seal is None or self.decision.seal.holds)

    @property
    def agrees(self) -> bool | None:
        """Whether the kept answer says the same of the address; None where there is none."""
        if self.answered is None:
            return None
        return any(
            agrees(self.answered, verdict)
            for verdict in (self.verdict, self.verdict_at_end)
            if verdict is not None
        )


@dataclass(kw_only=True)
class OfMoment(Findings):
    """What is proved of one address at a moment, for a purpose or a topic of it.

    ``replaced_at``: until when the policy's version was in force. ``verdict_by_facts``: by what is
    known today of that moment, where that differs from what had been recorded.
    """

    proof_id: uuid.UUID
    proved_at: datetime
    activation: Activation
    replaced_at: datetime | None
    topic_gone: bool
    verdict_by_facts: dict[str, Any] | None = None

    @property
    def is_recorded_otherwise(self) -> bool:
        """Whether something was recorded later than it happened, about that moment."""
        by_facts = [entry for entry in self.entries if entry.counts]
        blocks = [block for block in self.blocks if block.counts(self.question.now)]
        return by_facts != self.known() or blocks != self.standing()


def mark(row: AuditRow | Any) -> Mark:
    """Return where an entry stands in its log."""
    return Mark(int(row.xid), row.position)
