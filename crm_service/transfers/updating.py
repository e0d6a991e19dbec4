"""What a row changes of a contact that stands: the modes, field by field."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from crm_service.policies.vocabulary import CONTACT_FIELDS
from crm_service.transfers.columns import ATTRIBUTE, EMAIL, UnusableMapping

OVERWRITE, FILL_EMPTY, KEEP = "overwrite", "fill-empty", "keep"
MODES = (OVERWRITE, FILL_EMPTY, KEEP)


@dataclass(frozen=True)
class Updates:
    """How filled cells change a contact that stands; empty ones never change anything.

    ``overwrite`` the field, ``fill-empty`` it, or ``keep`` it as it is. A row whose address stands
    further up in the file, or is a former one of its contact, only ever fills what is empty: so an
    import is the same, however often it is done.
    """

    default: str = OVERWRITE
    by_field: dict[str, str] = field(default_factory=dict)

    def mode(self, name: str) -> str:
        """Return the mode of a field."""
        return self.by_field.get(name, self.default)


def parse_updates(texts: Iterable[str]) -> Updates:
    """Return the modes that ``keep``, ``notes=fill-empty``… say. Raises ``UnusableMapping``."""
    default, by_field = OVERWRITE, {}
    for text in texts:
        name, separator, mode = text.rpartition("=")
        if mode not in MODES:
            raise _unusable(f"there is no update mode '{mode[:40]}'; choose: {', '.join(MODES)}")
        if not separator:
            default = mode
        elif name == EMAIL or not (name in CONTACT_FIELDS or name.startswith(ATTRIBUTE)):
            raise _unusable(f"'{name[:80]}' is no field that an import updates")
        else:
            by_field[name] = mode
    return Updates(default, by_field)


def _unusable(message: str) -> UnusableMapping:
    return UnusableMapping(message, code="invalid_update", errors={"update": [message]})
