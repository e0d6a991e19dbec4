"""What was found of one address at one decision, and what it rests on."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from crm_service.decisions.asked import Address
from crm_service.decisions.kept import agrees
from crm_service.decisions.records import Decision
from crm_service.eligibility.service import Question
from crm_service.permissions.proving import Proved
from crm_service.seals.digests import Mark
from crm_service.seals.inclusion import Inclusion
from crm_service.suppression.past import PastBlock


@dataclass
class Findings:
    """Everything that is proved of one address at one decision, and what it rests on."""

    decision: Decision
    address: Address
    question: Question
    subject_ids: list[uuid.UUID] = field(default_factory=list)
    entries: list[Proved] = field(default_factory=list)
    blocks: list[PastBlock] = field(default_factory=list)
    seals: dict[Mark, Inclusion] = field(default_factory=dict)
    verdict: dict[str, Any] = field(default_factory=dict)
    verdict_at_end: dict[str, Any] | None = None
    is_given: bool = False
    is_part: bool = False
    digest_matches: bool | None = None
    answered: dict[str, Any] | None = None

    @property
    def overlapping(self) -> bool:
        """Whether anything was recorded while the decision was made."""
        return any(entry.known != entry.until for entry in self.entries) or any(
            block.stood != block.stood_until for block in self.blocks
        )

    @property
    def is_sealed(self) -> bool:
        """Whether the decision, and every entry that it could see, is under a seal."""
        known = [mark(entry) for entry in self.entries if entry.until]
        return self.decision.seal is not None and all(one in self.seals for one in known)

    @property
    def seals_hold(self) -> bool:
        """Whether each seal covers what is in the log now."""
        found = [*self.seals.values(), *([self.decision.seal] if self.decision.seal else [])]
        return all(inclusion.holds for inclusion in found)

    @property
    def has_domain_keys(self) -> bool:
        """Whether blocks on the domain were looked up."""
        return self.address.domain_keys is not None

    @property
    def is_by_contact(self) -> bool:
        """Whether the address was found by a contact's id."""
        return self.address.contact_id is not None

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


def mark(entry: Proved) -> Mark:
    """Return where an entry stands in the ledger."""
    return Mark(int(entry.row.xid), entry.row.position)
