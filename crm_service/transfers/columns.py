"""Which column of a file means what: recognized by its name, or told by a mapping.

The names are those that the public contract lists, and those of common exports (Mailchimp, HubSpot,
SendGrid, listmonk, Brevo) that leave no doubt. Case, spacing and punctuation do not count.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from crm_service.errors import Invalid
from crm_service.permissions.evidence import REQUIRED
from crm_service.policies.document import Policy
from crm_service.policies.vocabulary import CONTACT_FIELDS

EMAIL, TOPICS, BASIS, ADDED_AT = "email", "topics", "basis", "added_at"
EVIDENCE, ATTRIBUTE = "evidence.", "attributes."
#: Maps a column to nothing: it is not imported.
IGNORE = "ignore"

#: The columns that a report adds; a corrected report is imported without them.
REPORT_COLUMNS = ("Import Row", "Import Outcome", "Import Reason", "Import Warnings")

_OPTIONAL_EVIDENCE = ("source", "wording.language", "wording.text")
EVIDENCE_FIELDS = tuple(
    f"{EVIDENCE}{path}"
    for path in dict.fromkeys(
        [*(p for facts in REQUIRED.values() for p in facts), *_OPTIONAL_EVIDENCE]
    )
)
FIELDS = (*CONTACT_FIELDS, ADDED_AT, TOPICS, BASIS, *EVIDENCE_FIELDS)

_NAMES = {
    EMAIL: "email emailaddress epost",
    "first_name": "firstname fname givenname",
    "last_name": "lastname lname surname familyname",
    "phone": "phone phonenumber telephone sms",
    "company": "company companyname",
    "street": "street streetaddress addressline1",
    "postal_code": "postalcode postcode zip zipcode",
    "city": "city",
    "country": "country countrycode countryregion",
    "language": "language languagecode preferredlanguage",
    "external_id": "externalid extid",
    "notes": "notes",
    TOPICS: "topics",
    BASIS: "legalbasis",
    "evidence.occurred_at": "optintime",
    "evidence.method": "optinsource",
    "evidence.wording.version": "consenttext",
    "evidence.assessment": "assessment",
    ADDED_AT: "added addedat addedtime createdat createdate",
}
_FIELD_BY_NAME = {name: field for field, names in _NAMES.items() for name in names.split()}


class UnusableMapping(Invalid):
    """The columns cannot be told apart, or the mapping does not fit them; nothing was stored."""

    code = "invalid_mapping"


@dataclass(frozen=True)
class Columns:
    """What each column of a file means.

    ``by_field``: field → index. ``unused``: names of columns that are not imported; ``withheld``:
    of those, the ones that the policy does not let a contact have.
    """

    header: tuple[str, ...]
    by_field: Mapping[str, int]
    unused: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()


def plain(name: str) -> str:
    """Return a column's name as it is compared."""
    return "".join(filter(str.isalnum, name.casefold()))


def is_known(name: str) -> bool:
    """Tell whether a column of this name is understood without a mapping."""
    return _field(name) is not None


def _field(name: str) -> str | None:
    """Return the field that a column's name stands for; evidence and attributes by their own."""
    if name in EVIDENCE_FIELDS or (name.startswith(ATTRIBUTE) and name != ATTRIBUTE):
        return name
    return _FIELD_BY_NAME.get(plain(name))


def assign(header: Sequence[str], mapping: Iterable[tuple[str, str]], policy: Policy) -> Columns:
    """Return what the columns of ``header`` mean; ``mapping`` (column, field) overrides the names.

    Raises ``UnusableMapping`` where two columns claim one field, where the mapping is at odds with
    the file, with itself or with the policy, and where no column holds e-mail addresses.
    """
    told = _told(header, list(mapping), policy)
    taken = {field for field in told.values() if field != IGNORE}
    claims: dict[str, list[int]] = {field: [at] for at, field in told.items() if field != IGNORE}
    withheld = []
    for at, name in enumerate(header):
        field = _field(name)
        if at in told or field is None or field in taken:
            continue
        if _allows(policy, field):
            claims.setdefault(field, []).append(at)
        else:
            withheld.append(name)
    _refuse_ambiguous(header, claims)
    by_field = {field: places[0] for field, places in claims.items()}
    if EMAIL not in by_field:
        raise UnusableMapping(_no_email(header), errors={"mapping": ["map a column to email"]})
    used = set(by_field.values())
    added = {plain(name) for name in REPORT_COLUMNS}
    unused = [n for at, n in enumerate(header) if at not in used and plain(n) not in added]
    return Columns(tuple(header), by_field, tuple(unused), tuple(withheld))


def _told(header: Sequence[str], mapping: list[tuple[str, str]], policy: Policy) -> dict[int, str]:
    told: dict[int, str] = {}
    for column, field in mapping:
        at = _place(header, column)
        if at in told:
            raise _unusable(f"the column '{column[:80]}' is mapped twice", column)
        if field != IGNORE and field in told.values():
            raise _unusable(f"two columns are mapped to {field}", column)
        _check_field(field, column, policy)
        told[at] = field
    return told


def _place(header: Sequence[str], column: str) -> int:
    exact = [at for at, name in enumerate(header) if name == column.strip()]
    places = exact or [at for at, name in enumerate(header) if plain(name) == plain(column)]
    if not places:
        raise _unusable(
            f"the file has no column '{column[:80]}'; its columns are: {_listed(header)}", column
        )
    if len(places) > 1:
        raise _unusable(f"the file has {len(places)} columns '{column[:80]}': rename them", column)
    return places[0]


def _check_field(field: str, column: str, policy: Policy) -> None:
    if field == IGNORE:
        return
    if field not in FIELDS and not field.startswith(ATTRIBUTE):
        choices = ", ".join((*FIELDS, "attributes.<name>", IGNORE))
        raise _unusable(f"there is no field '{field[:80]}'; choose one of: {choices}", column)
    if not _allows(policy, field):
        raise _unusable(f"the policy does not let a contact have {field[:80]}", column)


def _allows(policy: Policy, field: str) -> bool:
    if field.startswith(ATTRIBUTE):
        return field.removeprefix(ATTRIBUTE) in policy.custom_attributes
    return field not in CONTACT_FIELDS or policy.allows_field(field)


def _refuse_ambiguous(header: Sequence[str], claims: Mapping[str, list[int]]) -> None:
    for field, places in claims.items():
        if len(places) > 1:
            numbered = [f"{at + 1} '{header[at][:80]}'" for at in places]
            raise UnusableMapping(
                f"columns {' and '.join(numbered)} could both be {field}: rename one in the file, "
                f"or say which it is with a mapping, e.g. '{header[places[0]][:80]}={field}'",
                errors={"mapping": [f"say which column is {field}"]},
            )


def _no_email(header: Sequence[str]) -> str:
    if any("@" in name for name in header):
        return "the first line seems to be a row already: put a line with the columns' names above"
    return (
        f"no column holds e-mail addresses. The columns found are: {_listed(header)}. Map the "
        "right one (COLUMN=email); if they look run together, the file is separated by something "
        "else than , ; | or a tab"
    )


def _listed(header: Sequence[str]) -> str:
    shown = ", ".join(f"'{name[:40]}'" for name in header[:30])
    return shown + (" …" if len(header) > 30 else "")  # noqa: PLR2004 - enough for one line


def _unusable(message: str, column: str) -> UnusableMapping:
    return UnusableMapping(message, errors={f"mapping.{column[:80]}": [message]})
