"""Whatever sources say is stored as it was said, in whatever company it comes."""

import uuid
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm_service import arrays
from crm_service.engagement.accepting import Row
from crm_service.engagement.repository import COLUMNS
from tests.engagement.happenings import Admin, happening, stored, take_in
from tests.factories import Tenant

#: What PostgreSQL can hold, and JSON can say.
_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
_ODD = st.sampled_from(["NULL", '"', "\\", "{}", ",", "\n"])


@settings(
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(values=st.lists(st.none() | _TEXT | _ODD))
def test_texts_come_out_of_an_array_as_they_went_in(admin: Admin, values: list[str | None]) -> None:
    row = admin.execute("SELECT %s::text[]", (arrays.of_values(values),)).fetchone()

    assert row == (values,)


def test_other_values_come_out_of_an_array_as_they_went_in(admin: Admin) -> None:
    ids, moments = [uuid.uuid4(), uuid.uuid4()], [datetime(2026, 11, 2, 9, tzinfo=UTC), None]
    written = [
        arrays.of_ids(ids),
        arrays.of_hex([one.hex for one in ids]),
        arrays.of_values(ids),
        arrays.of_values(moments),
        arrays.of_values([True, None, False]),
    ]

    row = admin.execute(
        "SELECT %s::uuid[], %s::uuid[], %s::uuid[], %s::timestamptz[], %s::boolean[]", written
    ).fetchone()

    assert row == (ids, ids, ids, moments, [True, None, False])


def test_no_ids_are_an_empty_array(admin: Admin) -> None:
    row = admin.execute("SELECT %s::uuid[]", (arrays.of_ids([]),)).fetchone()

    assert row == ([],)


def test_a_row_has_the_columns_in_their_order() -> None:
    assert Row._fields == ("key", *COLUMNS[1:], "digest", "said")


def test_events_of_one_batch_keep_what_each_of_them_says(tenant: Tenant, admin: Admin) -> None:
    given_events = [
        happening(after=0, reason='a "b" \\ c', tags=("one", "NULL", '"}'), metadata={"k": "\\"}),
        happening(after=1, topic="news", campaign="it's {a, b}"),
        happening(after=2, reason="", tags=("two",), metadata={"a": "1", "b": "2"}),
    ]

    take_in(tenant, given_events)

    first, second, third = stored(admin, tenant)
    assert (first["reason"], first["tags"]) == ('a "b" \\ c', ["one", "NULL", '"}'])
    assert (first["metadata"], first["topic"]) == ({"k": "\\"}, None)
    assert (second["campaign"], second["tags"], second["metadata"]) == ("it's {a, b}", None, None)
    assert (third["reason"], third["tags"]) == (None, ["two"])
    assert third["metadata"] == {"a": "1", "b": "2"}


@pytest.mark.parametrize("client", ["Weird\x01Client/1.0", 'Quote"Client/1.0', "Back\\slash/1.0"])
def test_a_user_agent_of_odd_characters_costs_no_event(
    tenant: Tenant, admin: Admin, client: str
) -> None:
    taken = take_in(tenant, [happening("opened", user_agent=client), happening("sent")])

    assert (taken.accepted, len(stored(admin, tenant))) == (2, 2)
