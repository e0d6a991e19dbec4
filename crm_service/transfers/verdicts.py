"""What became of a row."""

from dataclasses import dataclass, field

#: The person ended it: no import turns that back into a yes (rules 4 and 16).
REFUSED = "objection_stands"
#: The person was erased while the file that names them waited or was being imported.
ERASED = "erased"

#: The person's data are stored, and that is all (GDPR Art. 18).
RESTRICTED = "restricted"
#: The person ended the purpose: what a row adds for it is left out (clause no-10).
STOPPED = "processing_stopped"

#: A purpose takes more than is known: the permission for it is left out (clause no-01).
FIELDS_MISSING = "fields_missing"


@dataclass(slots=True)
class Verdict:
    """What became of a row: its outcome, and why it, or a part of it, was not taken."""

    outcome: str
    reason: str = ""
    warnings: list[str] = field(default_factory=list)

    def settle(self, grant_outcome: str) -> None:
        """Note what became of a grant of this row: recorded, unchanged or refused."""
        if grant_outcome == "recorded" and self.outcome == "unchanged":
            self.outcome = "updated"
        elif grant_outcome == "refused" and REFUSED not in self.warnings:
            self.warnings.append(REFUSED)
