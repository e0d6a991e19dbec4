"""What a person may take elsewhere: what they gave or what was observed of them (GDPR Art. 20).

And of that only what is processed on consent or for a contract. What the controller derived,
decided or noted itself is theirs to see (Art. 15), not to carry.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from crm_service.rights.packages.tables import Row

#: GDPR Art. 20(1)(a).
BASES: Final = frozenset({"consent", "contract"})

#: What the controller notes, numbers or counts about a contact.
_OWN: Final = frozenset(
    {"external_id", "notes", "organization_id", "restricted_at", "created_at", "updated_at"}
)
#: What the person did, not what machines answered.
_OBSERVED: Final = frozenset({"opened", "clicked", "unsubscribed", "complained"})
_SHOWN_OF_EVENT: Final = ("type", "occurred_at", "campaign", "topic", "url", "client", "device")
_SHOWN_OF_LEDGER: Final = (
    "recorded_at",
    "channel",
    "purpose",
    "topic",
    "basis",
    "state",
    "since",
    "evidence",
)


@dataclass(frozen=True)
class Carried:
    """The purposes that the person's data are processed for on one of ``BASES``.

    ``purpose_of`` knows the purpose of a topic by its slug.
    """

    purposes: frozenset[str]
    purpose_of: Callable[[str], str | None]

    @classmethod
    def by(cls, ledger: Iterable[Row], purpose_of: Callable[[str], str | None]) -> "Carried":
        """Return what the ledger says: every purpose ever granted on such a basis."""
        granted = [row for row in ledger if row["basis"] in BASES and row["state"] == "granted"]
        return cls(frozenset(row["purpose"] for row in granted), cache(purpose_of))

    def __bool__(self) -> bool:
        """Tell whether there is any."""
        return bool(self.purposes)


def _contact(row: Row, carried: Carried) -> Row | None:
    """Return the contact without what is the controller's, or where one of its fields is from."""
    if not carried or row.get("field") in _OWN:
        return None
    return {name: value for name, value in row.items() if name not in _OWN}


def _contract(row: Row, carried: Carried) -> Row | None:
    if row["purpose"] not in carried.purposes:
        return None
    return {name: row[name] for name in ("reference", "purpose", "signed_on", "ended_on")}


def _whole(row: Row, carried: Carried) -> Row | None:
    return row if carried else None


def _ledger(row: Row, carried: Carried) -> Row | None:
    del carried
    return {name: row[name] for name in _SHOWN_OF_LEDGER} if row["basis"] in BASES else None


def _event(row: Row, carried: Carried) -> Row | None:
    if row["type"] not in _OBSERVED or row["machine"] or not carried:
        return None
    if row["topic"] is not None and carried.purpose_of(row["topic"]) not in carried.purposes:
        return None
    return {name: row[name] for name in _SHOWN_OF_EVENT}


def _interaction(row: Row, carried: Carried) -> Row | None:
    if row.get("direction") != "in" or row.get("purpose") not in carried.purposes:
        return None
    return {name: row[name] for name in ("kind", "purpose", "occurred_at", "number")}


#: Every room that holds personal data is here: with what may be carried of one row, or with None.
RULES: Final[dict[str, Callable[[Row, Carried], Row | None] | None]] = {
    "contacts": _contact,
    "national_ids": _whole,
    "permissions": _ledger,
    "preferences": _whole,
    "subscriptions": _whole,
    "contracts": _contract,
    "engagement": _event,
    "interactions": _interaction,
    "unsubscribe": _whole,
    "suppression": None,  # the controller's duty, not its knowledge
    "subjects": None,  # keys that only this service can read
    "recipients": None,
    "notices": None,
    "holds": None,
    "restriction": None,
    "informing": None,
    "reviews": None,
    "rights": None,
    "proofs": None,
    "transfers": None,
}


def carried_of(room: str, rows: Iterable[Row], carried: Carried) -> Iterator[Row]:
    """Yield what of a room's rows the person may take along."""
    rule = RULES.get(room)
    if rule is None:
        return
    for row in rows:
        found = rule(row, carried)
        if found is not None:
            yield found
