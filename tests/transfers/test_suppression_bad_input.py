import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from crm_service.errors import Invalid
from crm_service.suppression import bulk
from crm_service.transfers import suppression_importing, suppression_reading
from crm_service.transfers.suppression_importing import Chunk, Result
from tests.factories import Tenant
from tests.transfers.suppression_lists import Admin, Lists, blocks, make_topic, register, verdict

OWN = "kind,address,address_key,scope,topic,reason,source,suppressed_at,key_space\n"


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("email,nobody,,all,,manual,x,,", "invalid_address"),
        ("email,,,all,,manual,x,,", "unknown_address_key"),
        ("pigeon,ann@example.com,,all,,manual,x,,", "unknown_kind"),
        ("email,ann@example.com,,everything,,manual,x,,", "unknown_scope"),
        ("email,ann@example.com,,all,,boredom,x,,", "unknown_reason"),
        ("email,ann@example.com,,topic,,manual,x,,", "unknown_topic"),
        ("email,ann@example.com,,all,news,manual,x,,", "unknown_topic"),
        ("email,ann@example.com,,topic,Not a slug,manual,x,,", "unknown_topic"),
        ("phone,12,,all,,manual,x,,", "invalid_address"),
        ("domain,com,,all,,manual,x,,", "invalid_domain"),
        ("sha256,abc,,all,,manual,x,,", "invalid_digest"),
        (f"md5,{'0' * 64},,all,,manual,x,,", "invalid_digest"),
        ("email", "unknown_scope"),
    ],
)
def test_a_row_of_an_export_that_says_something_impossible_is_refused(
    lists: Lists, tenant: Tenant, admin: Admin, row: str, problem: str
) -> None:
    result = lists.take(f"{OWN}{row}\n")

    assert (result.outcomes, result.problems) == ({"rejected": 1}, [(1, problem)])
    assert blocks(admin, tenant) == []


@pytest.mark.rule(39)
def test_a_source_that_might_be_an_address_is_not_kept(
    lists: Lists, tenant: Tenant, admin: Admin
) -> None:
    lists.take(f"{OWN}email,ann@example.com,,all,,manual,by bob@example.com,,\n")

    assert [one["source"] for one in blocks(admin, tenant)] == ["import"]


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        (
            "email\nann@example.com\n\nnobody\n,\nbob@example\n",
            ["invalid_address"] * 2 + ["address_missing"],
        ),
        ('email\n"ann@example.com\nbob@example.com\n', ["quotes"]),
        ("email,x\nann@example.com\x00,y\n", ["invalid_address"]),
        ("ann@example.com\n" + "a" * 64 + "\n" + "g" * 64 + "\n", ["invalid_address"]),
        ('{"email":"ann@example.com"}\n{"email":\n[1]\n', ["json"] * 2),
        ("ann@example.com\n\u200bbob@example.com\n", ["invalid_address"]),
    ],
)
def test_a_broken_row_costs_itself_alone(
    lists: Lists, tenant: Tenant, admin: Admin, text: str, reasons: list[str]
) -> None:
    result = lists.take(text)

    assert sorted(reason for _, reason in result.problems) == sorted(reasons)


def test_an_endless_line_is_one_row(lists: Lists) -> None:
    endless = "x" * (3 * 1024 * 1024)

    as_text = lists.take(f"ann@example.com\n{endless}\nbob@example.com\n")
    as_json = lists.take(
        f'{{"email":"eve@example.com"}}\n{{"a":"{endless}"}}\n{{"email":"zoe@example.com"}}\n'
    )

    assert as_text.outcomes == as_json.outcomes == {"added": 2, "rejected": 1}
    assert as_text.problems == as_json.problems == [(2, "too_large")]


def test_a_json_document_beyond_all_bounds_is_refused(
    lists: Lists, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suppression_reading, "MAX_DOCUMENT", 20)

    with pytest.raises(Invalid, match="NDJSON"):
        lists.take('[{"email": "ann@example.com"}]')


def test_a_list_cannot_make_more_than_a_hundred_topics(
    lists: Lists, tenant: Tenant, admin: Admin
) -> None:
    rows = [f"email,p{n}@example.com,,topic,t{n},manual,x,," for n in range(103)]

    result = lists.take(OWN + "\n".join(rows))

    assert result.outcomes == {"added": 100, "rejected": 3}
    assert {reason for _, reason in result.problems} == {"unknown_topic"}


@pytest.mark.rule(2, 26)
def test_lists_imported_at_once_set_every_block_once(
    lists: Lists, tenant: Tenant, admin: Admin
) -> None:
    addresses = [f"p{number}@example.com" for number in range(3000)]
    forth, back = "\n".join(addresses), "\n".join(reversed(addresses))

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lists.take, [forth, back, forth, back]))

    assert sum(one.outcomes["added"] for one in results) == len(addresses)
    assert len(blocks(admin, tenant)) == len(addresses)


def test_an_interrupted_import_is_completed_by_doing_it_again(
    lists: Lists, tenant: Tenant, admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "\n".join(f"p{number}@example.com" for number in range(10))
    monkeypatch.setattr(suppression_importing, "CHUNK_ROWS", 4)

    class Interrupted(Exception):
        pass

    def interrupt(chunk: Chunk, _outcomes: object, _result: Result) -> None:
        if chunk.first > 4:
            raise Interrupted

    with pytest.raises(Interrupted):
        lists.take(text, on_chunk=interrupt)
    left = len(blocks(admin, tenant))

    assert left == 8
    assert lists.take(text).outcomes == {"unchanged": 8, "added": 2}
    query = "SELECT count(*) FROM audit_entries WHERE controller_id = %s AND action LIKE %s"
    assert admin.execute(query, (tenant.controller_id, "suppressions.import")).fetchone() == (2,)


def test_addresses_that_move_meanwhile_are_taken_anew(
    lists: Lists, tenant: Tenant, admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []
    add = bulk.add

    def moving(*arguments: object, **facts: object) -> list[bool]:
        calls.append(1)
        added = add(*arguments, **facts)  # type: ignore[arg-type]  # passed on as they are
        if len(calls) < 3:
            raise bulk.Moved
        return added

    monkeypatch.setattr(bulk, "add", moving)

    result = lists.take("ann@example.com\n")

    assert (len(calls), result.outcomes, len(blocks(admin, tenant))) == (3, {"added": 1}, 1)


@pytest.mark.rule(1, 26)
def test_an_address_that_came_to_be_known_meanwhile_is_noticed(
    lists: Lists, tenant: Tenant, admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = bulk._standing  # noqa: SLF001 - the moment between looking and writing
    looked: list[uuid.UUID] = []

    def slow(*arguments: object) -> object:
        found = look(*arguments)  # type: ignore[arg-type]  # passed on as they are
        if not looked:
            looked.append(lists.key("ann@example.com"))
            register(tenant, "ann@example.com")
        return found

    monkeypatch.setattr(bulk, "_standing", slow)

    result = lists.take("ann@example.com\n")

    assert result.outcomes == {"added": 1}
    assert verdict(tenant, "ann@example.com")["reasons"] == ["suppressed"]


def test_a_topic_only_once_made_is_found_by_later_chunks(
    lists: Lists, tenant: Tenant, admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_topic(tenant, "old")
    monkeypatch.setattr(suppression_importing, "CHUNK_ROWS", 1)
    rows = [
        f"email,p{n}@example.com,,topic,{slug},manual,x,,"
        for n, slug in enumerate(["new", "old", "new"])
    ]

    result = lists.take(OWN + "\n".join(rows))

    assert result.outcomes == {"added": 3}
    assert [one["topic"] for one in blocks(admin, tenant)].count("new") == 2
