"""What verification may find wrong, and the heads by which an operator remembers a chain."""

import re
import uuid
from dataclasses import dataclass, field
from enum import StrEnum

from crm_service.errors import Invalid

_HEAD = re.compile(r"([a-z0-9-]+)/(ledger|audit)/([0-9]{1,18})/([0-9a-f]{64})")
#: A thoroughly damaged log must not fill the memory.
MOST_KEPT = 1_000


class Kind(StrEnum):
    """Ways in which a log can fail to be what was sealed."""

    ENTRY_ALTERED = "entry_altered"
    ENTRY_MISSING = "entry_missing"
    ENTRY_INSERTED = "entry_inserted"
    ENTRY_UNREADABLE = "entry_unreadable"
    SEAL_ALTERED = "seal_altered"
    SEAL_MISSING = "seal_missing"
    CHAIN_BROKEN = "chain_broken"
    EVIDENCE_CHANGED = "evidence_changed"
    EVIDENCE_MISSING = "evidence_missing"
    HEAD_DIFFERS = "head_differs"
    HEAD_MISSING = "head_missing"
    IDS_BEHIND = "transaction_ids_behind"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong; ``detail`` holds ids, numbers and times only."""

    kind: Kind
    detail: str


@dataclass(frozen=True)
class Head:
    """The newest seal of a chain: who notes it elsewhere can tell a rewritten chain later."""

    slug: str
    log: str
    number: int
    digest: bytes

    @classmethod
    def parse(cls, text: str) -> "Head":
        """Read what ``str(head)`` wrote. Raises ``Invalid`` (``invalid_head``)."""
        match = _HEAD.fullmatch(text)
        if match is None:
            raise Invalid(
                "a head looks like controller/log/number/digest, as `ledger verify` prints it",
                code="invalid_head",
            )
        slug, log, number, digest = match.groups()
        return cls(slug, log, int(number), bytes.fromhex(digest))

    def __str__(self) -> str:
        """Return what ``parse`` reads."""
        return f"{self.slug}/{self.log}/{self.number}/{self.digest.hex()}"


@dataclass
class Report:
    """What verification of one controller's log came to.

    ``number`` and ``digest`` are those of the newest seal, 0 and zeros where there is none;
    ``unsealed`` entries are those that no seal covers yet, about which nothing is proven.
    """

    controller_id: uuid.UUID
    log: str
    number: int
    digest: bytes
    seals: int = 0
    entries: int = 0
    unsealed: int = 0
    found: int = 0
    findings: list[Finding] = field(default_factory=list)

    def add(self, kind: Kind, detail: str) -> None:
        """Count a finding, and keep it unless there are very many."""
        self.found += 1
        if self.found <= MOST_KEPT:
            self.findings.append(Finding(kind, detail))
