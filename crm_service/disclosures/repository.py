"""Reading the people of an audience: one row a batch, nothing fetched one by one.

Statements are put together from the names of columns that a policy can allow, and from nothing that
a caller sent.
"""

from collections.abc import Sequence

from crm_service.policies.vocabulary import AUDIENCE_FIELDS
from crm_service.statements import Statement

#: How people are selected: all whose keys lie in a range, or those with certain keys. Where most
#: are eligible, walking the index beats looking keys up by far; where few are, it does not.
BETWEEN = "BETWEEN %(first)s::uuid AND %(last)s::uuid"
EACH = "= ANY (%(keys)s::uuid[])"

#: A person's cells joined by U+001F, people by U+001E.
_READ = """
SELECT string_agg(uuid_send(key), ''), string_agg(concat_ws(chr(31), {cells}), chr(30))
FROM ({people}) people
"""

_BY_EMAIL = """
SELECT email_key AS key, {names} FROM contacts
WHERE controller_id = %(controller_id)s::uuid AND email_key {selected}
"""

#: A number that several people share is one address: it stands once, for who was known first.
_BY_PHONE = """
SELECT DISTINCT ON (phone_key) phone_key AS key, {names} FROM contacts
WHERE controller_id = %(controller_id)s::uuid AND phone_key {selected}
ORDER BY phone_key, added_at, id
"""

_KEY = "phone_key"
_COLUMNS = {*AUDIENCE_FIELDS, _KEY}


def reading(
    columns: Sequence[str], *, kind: str, selected: str, is_careful: bool = False
) -> Statement:
    """Return the statement that reads ``columns`` of the people behind addresses of a kind.

    Its one row: the address keys concatenated, and the people as text in the same order; null where
    there is nobody. What is not known of a person is an empty cell. A careful one turns the two
    separators into spaces where people hold them; another one is to be checked by counting. Raises
    ``ValueError`` for a column that is no audience's.
    """
    if not set(columns) <= _COLUMNS:
        raise ValueError("these columns are not an audience's")
    people = _BY_PHONE if kind == "phone" else _BY_EMAIL
    cell = "translate({0}, chr(30) || chr(31), '  ')" if is_careful else "{0}"
    known = [f"coalesce({name}{'::text' if name == _KEY else ''}, '')" for name in columns]
    return Statement(
        _READ.format(
            cells=", ".join(cell.format(one) for one in known),
            people=people.format(names=", ".join(columns), selected=selected),
        )
    )
