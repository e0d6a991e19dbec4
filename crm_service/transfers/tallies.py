"""Counting what became of the rows of an import."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from crm_service.transfers.verdicts import Verdict

OUTCOMES = ("created", "updated", "unchanged", "duplicate", "rejected")


@dataclass
class Tally:
    """Rows by outcome, refused rows by reason, and warnings."""

    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)

    @property
    def rows(self) -> int:
        """How many rows were counted."""
        return self.outcomes.total()

    @property
    def people(self) -> int:
        """How many of the rows were about somebody who is in the register now."""
        return self.rows - self.outcomes["rejected"]

    def plus(self, verdicts: Iterable[Verdict]) -> "Tally":
        """Return the tally with these counted, too."""
        after = Tally(Counter(self.outcomes), Counter(self.reasons), Counter(self.warnings))
        for verdict in verdicts:
            after.outcomes[verdict.outcome] += 1
            if verdict.reason:
                after.reasons[verdict.reason] += 1
            if verdict.warnings:
                after.warnings.update(verdict.warnings)
        return after

    def as_json(self) -> dict[str, Any]:
        """Return everything as JSON values; ``from_json`` reads it."""
        return {
            "rows": self.rows,
            **{outcome: self.outcomes[outcome] for outcome in OUTCOMES},
            "reasons": dict(self.reasons),
            "warnings": dict(self.warnings),
        }

    @classmethod
    def from_json(cls, counts: Mapping[str, Any]) -> "Tally":
        """Return the tally that ``as_json`` told."""
        outcomes = {name: counts[name] for name in OUTCOMES if counts.get(name)}
        reasons, warnings = counts.get("reasons", {}), counts.get("warnings", {})
        return cls(Counter(outcomes), Counter(reasons), Counter(warnings))


def encode(verdicts: Iterable[Verdict]) -> str:
    """Return one line a row, as ``import_outcomes`` keeps them; ``decode`` reads it."""
    return "\n".join(f"{v.outcome} {v.reason} {','.join(v.warnings)}" for v in verdicts)


def decode(text: str) -> list[Verdict]:
    """Return the verdicts that ``encode`` wrote."""
    verdicts = []
    for line in text.split("\n"):
        outcome, reason, warnings = line.split(" ")
        verdicts.append(Verdict(outcome, reason, warnings.split(",") if warnings else []))
    return verdicts
