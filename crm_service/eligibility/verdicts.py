"""Turning what the database answers into reasons, strongest first (rules 21 to 23)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache

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

#: Scope and reason of a block that stands, and when a pause is over.
Block = tuple[str, str, datetime | None]


_STATE_BITS = {"granted": TERM_ENDED, "pending": PENDING_CONFIRMATION}


@dataclass
class Verdicts:
    """The answers for a batch of address keys, each 16 raw bytes.

    ``bases`` are the bases that count, strongest first; ranks count them from 1. ``basis`` holds
    the eligible addresses only: a key found nowhere is never a yes (rule 21). Permissions are told
    before blocks and restrictions.
    """

    bases: Sequence[str] = ()
    basis: dict[bytes, str] = field(default_factory=dict)
    bits: dict[bytes, int] = field(default_factory=dict)
    blocks: dict[bytes, dict[Block, None]] = field(default_factory=dict)
    refused: set[bytes] = field(default_factory=set)

    def state(self, state: str, *, holds: bool, rank: int | None, keys: bytes) -> None:
        """Take one group of permissions; the strongest basis comes last and stays."""
        if state in {"withdrawn", "objected"}:
            self.refused.update(split(keys))
        elif holds and rank:
            self.basis.update(dict.fromkeys(split(keys), self.bases[rank - 1]))
        else:
            for key in split(keys):
                self.bits[key] = self.bits.get(key, 0) | _STATE_BITS[state]

    def silent(self, asked: Sequence[Collection[bytes]]) -> set[bytes]:
        """Return the addresses among those asked about which no permission said anything.

        Mostly nobody: counting the others costs less than comparing each with them.
        """
        refusing = {key for key in (*self.bits, *self.refused) if key not in self.basis}
        if len(self.basis) + len(refusing) == sum(map(len, asked)):
            return set()
        return set().union(*asked).difference(self.basis, refusing)

    def doubt(self) -> None:
        """Take back every yes to an address that refused something, until it is settled."""
        for key in self.refused:
            self.basis.pop(key, None)

    def settle(self, verdict: int, rank: int | None, keys: bytes) -> None:
        """Take the answer on addresses that refused something, in place of what was said before."""
        self.bits.update(dict.fromkeys(split(keys), verdict))
        if verdict == 0 and rank:
            self.basis.update(dict.fromkeys(split(keys), self.bases[rank - 1]))

    def know(self, keys: bytes) -> None:
        """Take those addresses that contacts bear of which no permission said anything."""
        self.bits.update(dict.fromkeys(split(keys), NO_LEGAL_BASIS))

    def block(
        self, scope: str, reason: str, keys: bytes, *, ends_at: datetime | None = None
    ) -> None:
        """Take one group of suppressions: a block outweighs every permission."""
        erased = ERASED if reason == "erasure" else 0
        for key in split(keys):
            self._refuse(key, SUPPRESSED | erased)
            # An address may be asked twice, in two portions.
            self.blocks.setdefault(key, {})[scope, reason, ends_at] = None

    def restrict(self, keys: bytes) -> None:
        """Take the addresses whose processing is restricted (GDPR Art. 18)."""
        for key in split(keys):
            self._refuse(key, RESTRICTED)

    def _refuse(self, key: bytes, bits: int) -> None:
        was_permitted = self.basis.pop(key, None) is not None
        # What another basis lacked is no reason where one of them would have carried the message.
        self.bits[key] = bits if was_permitted else self.bits.get(key, 0) | bits

    def reasons(self, key: bytes) -> list[str]:
        """Return why not, strongest first; empty for an eligible address."""
        if key in self.basis:
            return []
        return _codes(self.bits.get(key, 0))


@cache
def _codes(bits: int) -> list[str]:
    """Return the codes of verdict bits, one list for all addresses that share them."""
    if bits == 0:
        return ["unknown_address"]
    return [code for bit, code in REASONS.items() if bits & bit]


def split(keys: bytes) -> list[bytes]:
    """Return the 16-byte keys of a concatenation."""
    return [keys[at : at + KEY_BYTES] for at in range(0, len(keys), KEY_BYTES)]
