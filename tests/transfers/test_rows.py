"""From cells to facts: the fast ways say exactly what the careful ones do."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow.validate import Length

from crm_service.addresses import InvalidAddress, normalize_phone
from crm_service.contacts.schemas import ContactFields
from crm_service.errors import Invalid
from crm_service.permissions.evidence import BASES, CLOCK_SKEW, require
from crm_service.policies.document import parse
from crm_service.transfers import phones, rows, times
from crm_service.transfers.claims import ClaimReader
from crm_service.transfers.columns import EVIDENCE_FIELDS, assign
from crm_service.transfers.rows import Interpreter, Person, Rejected
from crm_service.transfers.seen import Seen
from tests.factories import load_policy

TALLINN = ZoneInfo("Europe/Tallinn")
NOW = datetime(2026, 11, 1, tzinfo=UTC)
CODES = [str(code) for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE]


def read(**cells: str) -> Person | Rejected:
    names = {
        name.replace("_", " "): text for name, text in {"email": "a@example.com", **cells}.items()
    }
    columns = assign(list(names), [], parse(load_policy(), 1))
    return Interpreter(columns, parse(load_policy(), 1), b"p" * 32, now=NOW).read(
        list(names.values())
    )


def known(**cells: str) -> Person:
    person = read(**cells)
    assert isinstance(person, Person)
    return person


def _normalized(normalize: Any, number: str) -> str:
    try:
        return str(normalize(number, None))
    except InvalidAddress as error:
        return error.reason


@given(
    st.builds(
        "+{}{}".format,
        st.sampled_from(CODES),
        st.text(alphabet="0123456789 .-/()", min_size=1, max_size=16),
    )
)
def test_a_phone_number_means_the_same_the_fast_and_the_careful_way(number: str) -> None:
    assert _normalized(phones.normalize, number) == _normalized(normalize_phone, number)


def test_a_number_without_country_code_is_one_of_the_contacts_country() -> None:
    assert (
        known(phone="5123 4567", country="EE").values["phone_key"]
        == (known(phone="+372 5123 4567").values["phone_key"])
    )


@given(
    st.sampled_from(BASES),
    st.dictionaries(
        st.sampled_from(EVIDENCE_FIELDS),
        st.sampled_from(["", " ", "no", "yes", "2026-01-01", "2027-01-01", "v3"]),
    ),
)
def test_evidence_suffices_exactly_where_the_ledger_says_so(
    basis: str, given_cells: Mapping[str, str]
) -> None:
    places = {name: at for at, name in enumerate(["basis", *given_cells])}

    reader = ClaimReader(places, UTC, latest=NOW)
    claim = reader.read([basis, *given_cells.values()], None)

    assert claim is not None
    assert claim.problem == _refusal(basis, claim.evidence)


def _refusal(basis: str, evidence: Mapping[str, Any]) -> str | None:
    try:
        require(basis, evidence, now=NOW - CLOCK_SKEW)
    except Invalid as refused:
        return refused.code
    return None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-01T10:00:00Z", "2026-03-01T10:00:00+00:00"),
        ("2026-03-01 12:00:00+02:00", "2026-03-01T10:00:00+00:00"),
        ("2026-03-01 12:00", "2026-03-01T10:00:00+00:00"),
        ("2026-07-01", "2026-06-30T21:00:00+00:00"),
        ("1.3.2026", "2026-02-28T22:00:00+00:00"),
        ("01.03.2026 9:05", "2026-03-01T07:05:00+00:00"),
        ("01.03.2026 09:05:30", "2026-03-01T07:05:30+00:00"),
        ("03/01/2026", None),
        ("31.02.2026", None),
        ("yesterday", None),
        ("0001-01-01T00:00:00+23:00", None),
    ],
)
def test_a_moment_is_read_where_it_is_certain(text: str, moment: str | None) -> None:
    expected = None if moment is None else datetime.fromisoformat(moment)

    assert times.parse(text, TALLINN) == expected


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"email": ""}, "missing"),
        ({"email": "x@example"}, "syntax"),
        ({"email": "l" * 65 + "@example.com"}, "too_long"),
        ({"email": "zero\u200bwidth@example.com"}, "invisible"),
        ({"first_name": "a\0b"}, "nul"),
        ({"first_name": "x" * 201}, "cell_too_long"),
        ({"notes": "x" * 1_000_000}, "cell_too_long"),
    ],
)
def test_a_row_is_refused_for_a_reason(cells: dict[str, str], reason: str) -> None:
    assert read(**cells) == Rejected(reason)


@pytest.mark.parametrize(
    ("record", "outcome"),
    [
        (["a@example.com"], "columns"),
        (["a@example.com", "Mari", "more"], "columns"),
        (["a@example.com", "Mari", "", " "], "columns"),
        (["a@example.com", "Mari", "", ""], None),
    ],
)
def test_a_row_has_as_many_cells_as_its_header(record: list[str], outcome: str | None) -> None:
    policy = parse(load_policy(), 1)
    columns = assign(["email", "First Name"], [], policy)

    found = Interpreter(columns, policy, b"p" * 32, now=NOW).read(record)

    assert (found.reason if isinstance(found, Rejected) else None) == outcome


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        ({"first_name": "Mari\r\n Mets"}, {"first_name": "Mari Mets"}),
        ({"first_name": "مریم\u200cپور"}, {"first_name": "مریم\u200cپور"}),
        ({"first_name": "Mari\xa0Mets"}, {"first_name": "Mari\xa0Mets"}),
        ({"notes": "one\n\ttwo"}, {"notes": "one\n\ttwo"}),
    ],
)
def test_a_name_has_one_line_and_notes_have_several(
    cells: dict[str, str], values: dict[str, str]
) -> None:
    person = known(**cells)

    assert (person.values, person.warnings) == (values, [])


@pytest.mark.rule(21)
@pytest.mark.parametrize(
    ("cells", "warning", "absent"),
    [
        ({"phone": "12"}, "phone_invalid", "phone"),
        ({"phone": "+372 5123 4567" + " " * 60 + "1"}, "phone_invalid", "phone"),
        ({"country": "Estonia"}, "country_invalid", "country"),
        ({"language": "Estonian"}, "language_invalid", "language"),
        ({"added": "2027-01-01"}, "added_invalid", "added_at"),
        ({"added": "03/01/2026"}, "added_invalid", "added_at"),
        ({"first_name": "a\u202eb"}, "first_name_invalid", "first_name"),
        ({"first_name": "\x1b[31mred"}, "first_name_invalid", "first_name"),
        ({"notes": "bell\x07"}, "notes_invalid", "notes"),
    ],
)
def test_what_cannot_be_used_is_left_out_with_a_warning(
    cells: dict[str, str], warning: str, absent: str
) -> None:
    person = known(**cells)

    assert person.warnings == [warning]
    assert absent not in person.values
    assert person.added_at is None


@pytest.mark.rule(17, 21)
def test_consent_given_in_the_future_is_claimed_in_vain() -> None:
    person = known(
        legal_basis="consent",
        opt_in_time="2999-01-02T03:04:05Z",
        opt_in_source="web",
        consent_text="v1",
    )

    assert person.claim is not None
    assert person.claim.problem == "evidence_in_future"


def test_codes_are_read_however_they_are_spelled() -> None:
    person = known(country=" ee ", language="PT_br")

    assert (person.values["country"], person.values["language"]) == ("EE", "pt-BR")


def test_neutralized_cells_are_restored() -> None:
    person = known(company="'=HYPERLINK(1)", notes="'-2+3", first_name="'Tis")

    assert person.values == {"company": "=HYPERLINK(1)", "notes": "-2+3", "first_name": "'Tis"}


def test_texts_are_as_long_as_over_http() -> None:
    fields = ContactFields().fields
    allowed = {name: _longest(fields[name]) for name in rows.LIMITS}

    assert allowed == rows.LIMITS


def _longest(field: Any) -> int | None:
    [length] = [one for one in field.validators if isinstance(one, Length)]
    return length.max


@given(st.lists(st.uuids(), max_size=60))
def test_an_address_is_a_repeat_from_its_second_time_on(keys: list[uuid.UUID]) -> None:
    seen = Seen()

    assert [seen.add(key) for key in keys] == [key in keys[:at] for at, key in enumerate(keys)]
