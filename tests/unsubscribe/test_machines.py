"""Who opens a link: every signal of a machine, and the browsers that send none (rule 13)."""

from typing import Any
from urllib.parse import quote

import pytest
from werkzeug.datastructures import Headers

from crm_service.keyring import Keyring
from crm_service.unsubscribe import machines, tokens
from crm_service.unsubscribe.tokens import Link
from tests.factories import load_policy, make_tenant
from tests.unsubscribe.machinery import MACHINES, PEOPLE, headers
from tests.unsubscribe.people import Admin, Recipient, link_path, make_recipient
from tests.unsubscribe.test_mending import MANGLED, mangled

OFFERS = {("topic", "offers")}
#: A path holds no other path.
IN_A_PATH = [how for how in MANGLED if how != "the whole link"]


@pytest.fixture
def visitor(app: Any, admin: Admin) -> Recipient:
    """Mari, whose controller insists on instant links."""
    document = load_policy() | {"unsubscribe": {"link_mode": "instant"}}
    return make_recipient(make_tenant(app, policy=document), admin)


def opened(mari: Recipient, path: str, network: str = "198.51.100", **options: Any) -> Any:
    options.setdefault("headers", headers({}))
    where = {"REMOTE_ADDR": f"{network}.7"}
    return mari.browser.open(path, method="GET", environ_overrides=where, **options)


@pytest.mark.rule(13)
@pytest.mark.parametrize("differing", PEOPLE.values(), ids=PEOPLE.keys())
def test_no_browser_of_a_person_gives_a_machine_away(differing: dict[str, str | None]) -> None:
    assert machines.signal("GET", Headers(headers(differing)), is_secure=True) is None


@pytest.mark.rule(13)
@pytest.mark.parametrize("differing", MACHINES.values(), ids=MACHINES.keys())
def test_every_signal_gives_a_machine_away(differing: dict[str, str | None]) -> None:
    assert machines.signal("GET", Headers(headers(differing)), is_secure=True) is not None


@pytest.mark.rule(13)
@pytest.mark.parametrize("differing", PEOPLE.values(), ids=PEOPLE.keys())
def test_an_ordinary_navigation_leaves_at_once(
    visitor: Recipient, differing: dict[str, str | None]
) -> None:
    page = opened(visitor, visitor.path, headers=headers(differing))

    assert visitor.blocks() == OFFERS
    assert visitor.event_sources() == ["link"]
    assert "You have left" in page.text
    assert "/undo" in page.text


@pytest.mark.rule(12, 13)
def test_a_machine_only_sees_the_page_in_both_modes(
    visitor: Recipient, mari: Recipient, admin: Admin
) -> None:
    for recipient in (visitor, mari):
        before = recipient.stored()
        for name, differing in MACHINES.items():
            admin.execute("DELETE FROM link_fetches")
            page = opened(recipient, recipient.path, headers=headers(differing))

            assert page.status_code == 200, name
            assert "<button>" in page.text, name
        assert recipient.stored() == before


@pytest.mark.rule(12, 13)
@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "DELETE", "PROPFIND"])
def test_other_methods_never_act(visitor: Recipient, mari: Recipient, method: str) -> None:
    for recipient in (visitor, mari):
        before = recipient.stored()

        recipient.browser.open(recipient.path, method=method, headers=headers({}))

        assert recipient.stored() == before


@pytest.mark.rule(10, 13)
def test_a_mangled_link_leaves_at_once_where_links_are_instant(
    visitor: Recipient, admin: Admin
) -> None:
    for number, how in enumerate(IN_A_PATH):
        path = link_path(visitor.tenant, f"reader{number}@example.com", "offers")
        admin.execute("DELETE FROM link_fetches")

        page = opened(visitor, "/u/" + quote(mangled(path[3:])[how], safe="%"))

        assert "You have left" in page.text, how
        assert len(visitor.event_sources()) == number + 1, how


@pytest.mark.rule(10, 12)
def test_a_mangled_link_shows_the_page_where_links_ask_first(mari: Recipient) -> None:
    before = mari.stored()

    for how in IN_A_PATH:
        page = opened(mari, "/u/" + quote(mangled(mari.token)[how], safe="%"))
        assert f'action="{mari.path}"' in page.text, how

    assert mari.stored() == before


@pytest.mark.rule(13)
def test_of_two_links_from_one_network_within_seconds_the_second_only_shows(
    visitor: Recipient, keyring: Keyring
) -> None:
    opened(visitor, visitor.path)

    page = opened(visitor, sibling(visitor, keyring))

    assert visitor.blocks() == OFFERS
    assert "<button>" in page.text


@pytest.mark.rule(13)
def test_one_link_from_two_networks_within_seconds_only_shows_the_second_time(
    visitor: Recipient,
) -> None:
    opened(visitor, visitor.path, headers=headers({"Sec-Purpose": "prefetch"}))

    page = opened(visitor, visitor.path, network="203.0.113")

    assert visitor.blocks() == set()
    assert "<button>" in page.text


@pytest.mark.rule(13)
def test_what_was_fetched_by_a_machine_a_moment_ago_only_shows(visitor: Recipient) -> None:
    visitor.browser.head(visitor.path, environ_overrides={"REMOTE_ADDR": "198.51.100.9"})

    opened(visitor, visitor.path)

    assert visitor.blocks() == set()


@pytest.mark.rule(13)
def test_a_burst_is_over_after_seconds(visitor: Recipient, keyring: Keyring, admin: Admin) -> None:
    opened(visitor, visitor.path)
    admin.execute("UPDATE link_fetches SET fetched_at = fetched_at - interval '11 seconds'")

    opened(visitor, sibling(visitor, keyring))

    assert visitor.blocks() == {("topic", "offers"), ("marketing", None)}


@pytest.mark.rule(13, 14)
def test_going_back_after_undo_does_not_leave_again(visitor: Recipient, admin: Admin) -> None:
    page = opened(visitor, visitor.path).text
    proof = page.partition('name="proof" value="')[2].partition('"')[0]
    visitor.browser.post(f"{visitor.path}/undo", data={"proof": proof})
    admin.execute("DELETE FROM link_fetches")

    again = opened(visitor, visitor.path)

    assert "<button>" in again.text
    assert visitor.blocks() == set()


@pytest.mark.rule(13)
@pytest.mark.parametrize("behind", ["?lang=sv", "/undo", "/reason", "/result", "/preferences"])
def test_the_language_switch_and_other_pages_never_act(visitor: Recipient, behind: str) -> None:
    before = visitor.stored()

    opened(visitor, visitor.path + behind)

    assert visitor.stored() == before


@pytest.mark.rule(39)
def test_what_is_noted_of_a_fetch_leads_back_to_nobody(visitor: Recipient, admin: Admin) -> None:
    opened(visitor, visitor.path)

    [noted] = admin.execute(
        "SELECT l::text FROM link_fetches l WHERE controller_id = %s",
        (visitor.tenant.controller_id,),
    ).fetchall()
    assert visitor.token not in noted[0]
    assert "198.51.100" not in noted[0]


def sibling(mari: Recipient, keyring: Keyring) -> str:
    """Return another link of the same message: all marketing."""
    link = tokens.read(keyring, mari.token)
    assert link is not None
    return "/u/" + tokens.sign(keyring, Link(link.controller_ref, "email", link.address_key, 0))
