"""Turning what the database answers into reasons, strongest first (rules 21 to 23)."""

from dataclasses import dataclass, field

from crm_service.eligibility.repository import (
    ERASED,
    NO_LEGAL_BASIS,
    OBJECTED,
    PENDING_CONFIRMATION,
    RESTRICTED,
    SUPPRESSED,
    TERM_ENDED,
    WITHDRAWN,
)

#: Reason codes by bit, strongest first. ``unknown_address`` and ``invalid_address`` stand alone.
REASONS = {
    SUPPRESSED: "suppressed",
    RESTRICTED: "restricted",
    ERASED: "erased",
    OBJECTED: "objected",
    WITHDRAWN: "withdrawn",
    NO_LEGAL_BASIS: "no_legal_basis",
    TERM_ENDED: "term_ended",
    PENDING_CONFIRMATION: "pending_confirmation",
}
KEY_BYTES = 16


@dataclass
class Verdicts:
    """The answers for a batch of address keys, each 16 raw bytes.

    ``basis`` holds the eligible ones only: a key found nowhere is never a yes (rule 21).
    """

    basis: dict[bytes, str] = field(default_factory=dict)
    bits: dict[bytes, int] = field(default_factory=dict)
    blocks: dict[bytes, list[tuple[str, str]]] = field(default_factory=dict)
    known: set[bytes] = field(default_factory=set)

    def permit(self, verdict: int, basis: str | None, keys: bytes) -> None:
        """Take one group of the permissions' answer."""
        if verdict == 0 and basis is not None:
            self.basis.update(dict.fromkeys(split(keys), basis))
        else:
            # No bit at all: permissions exist, but none that the policy lets carry this message.
            self.bits.update(dict.fromkeys(split(keys), verdict or NO_LEGAL_BASIS))

    def block(self, scope: str, reason: str, keys: bytes) -> None:
        """Take one group of suppressions: a block outweighs every permission."""
        erased = ERASED if reason == "erasure" else 0
        for key in split(keys):
            self._refuse(key, SUPPRESSED | erased)
            self.blocks.setdefault(key, []).append((scope, reason))

    def restrict(self, keys: bytes) -> None:
        """Take the addresses whose processing is restricted (GDPR Art. 18)."""
        for key in split(keys):
            self._refuse(key, RESTRICTED)

    def _refuse(self, key: bytes, bits: int) -> None:
        self.basis.pop(key, None)
        self.bits[key] = self.bits.get(key, 0) | bits

    def reasons(self, key: bytes) -> list[str]:
        """Return why not, strongest first; empty for an eligible address."""
        if key in self.basis:
            return []
        bits = self.bits.get(key, 0)
        if bits == 0:
            return ["no_legal_basis"] if key in self.known else ["unknown_address"]
        return [code for bit, code in REASONS.items() if bits & bit]


def split(keys: bytes) -> list[bytes]:
    """Return the 16-byte keys of a concatenation."""
    return [keys[at : at + KEY_BYTES] for at in range(0, len(keys), KEY_BYTES)]
