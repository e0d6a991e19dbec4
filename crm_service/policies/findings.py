"""What a check has to say about a policy document."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

ERROR, WARNING, NOTE = "error", "warning", "note"

#: How the whole document is named where a finding needs a path.
ROOT = "(document)"


@dataclass(frozen=True)
class Finding:
    """One finding: an ``error`` bars the policy, a ``warning`` or a ``note`` does not.

    ``path`` leads to the place inside the document: ``purposes.marketing.bases``.
    """

    severity: str
    path: str
    message: str

    @property
    def is_error(self) -> bool:
        """Whether the policy cannot be activated."""
        return self.severity == ERROR


def path_of(parts: Iterable[str | int]) -> str:
    """Return the dotted path of a place inside the document."""
    return ".".join(str(part) for part in parts) or ROOT


def one_of(value: object, allowed: Iterable[str]) -> str:
    """Return the words of a refusal that names what is allowed and the likely intention."""
    names = list(allowed)
    likely = get_close_matches(str(value), names, n=1)
    meant = f" (did you mean {likely[0]}?)" if likely else ""
    return f"{shown(value)} is not allowed here{meant}; allowed: {', '.join(names)}"


def shown(value: object) -> str:
    """Return a value as the author of the document would recognize it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(str(value))
