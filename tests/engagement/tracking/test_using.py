"""Opening and following: what is recorded, of whom, and what the answers are."""

from typing import Any

import pytest

from crm_service.engagement.tracking.public_routes import PIXEL
from crm_service.keyring import Keyring
from crm_service.unsubscribe import base32
from tests.engagement.happenings import last_engaged
from tests.engagement.tracking.readers import SHOP, Reader, register
from tests.factories import Tenant

SCRIPT = "<script>alert(document.cookie)</script>"
PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
}


@pytest.mark.rule(31)
@pytest.mark.clause("ee-03")
def test_opens_and_clicks_stand_in_the_history_with_their_device(tracked: Reader) -> None:
    tracked.load(tracked.pixel())
    tracked.load(tracked.link())

    opened, clicked = tracked.events()
    assert (opened["type"], clicked["type"]) == ("opened", "clicked")
    assert (opened["url"], clicked["url"]) == (None, SHOP.partition("#")[0])
    for event in (opened, clicked):
        assert (event["campaign"], event["topic"]) == ("spring", "offers")
        assert (event["source"], event["machine"]) == ("tracking", False)
        assert (event["client"], event["os"]) == ("Chrome 142", "Windows 10")
    assert opened["address_key"] == tracked.person.key()


@pytest.mark.clause("ee-09")
def test_a_click_counts_as_an_interaction(tracked: Reader) -> None:
    tracked.load(tracked.link())

    [event] = tracked.events()
    assert last_engaged(tracked.admin, tracked.tenant) == event["occurred_at"]


def test_the_redirect_keeps_to_itself(tracked: Reader) -> None:
    answer = tracked.load(tracked.link())

    assert (answer.status_code, answer.data) == (302, b"")
    assert answer.headers["Location"] == SHOP
    assert {name: answer.headers[name] for name in PRIVATE} == PRIVATE
    assert "Set-Cookie" not in answer.headers


@pytest.mark.rule(31)
@pytest.mark.parametrize("end", ["withdrawn", "erased", "left", "restricted"])
def test_whoever_withdrew_is_still_led_there_and_nothing_is_recorded(
    tracked: Reader, end: str
) -> None:
    link, pixel = tracked.link(), tracked.pixel()
    ways: dict[str, Any] = {
        "withdrawn": lambda: tracked.person.state("withdrawn", purpose="engagement_tracking"),
        "erased": lambda: tracked.tenant.client.delete(tracked.person.path),
        "left": lambda: tracked.person.click(scope="all"),
        "restricted": lambda: tracked.admin.execute(
            "UPDATE addresses SET restricted = true WHERE controller_id = %s",
            (tracked.tenant.controller_id,),
        ),
    }
    ways[end]()

    answer, image = tracked.load(link), tracked.load(pixel)

    assert (answer.status_code, answer.headers["Location"]) == (302, SHOP)
    assert (image.status_code, image.data) == (200, PIXEL)
    assert tracked.events() == []


@pytest.mark.rule(30)
@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", {}),
        ("GET", {"Sec_Purpose": "prefetch;prerender"}),
        ("GET", {"Purpose": "prefetch"}),
        ("GET", {"X_Moz": "prefetch"}),
        ("GET", {"X_Purpose": "preview"}),
        ("GET", {"User_Agent": "Barracuda Sentinel (EE)"}),
        ("GET", {"User_Agent": "Mozilla/5.0 (via ggpht.com GoogleImageProxy)"}),
        ("GET", {"User_Agent": "curl/8.5.0"}),
    ],
)
def test_machines_are_led_there_and_stored_apart(
    tracked: Reader, method: str, headers: dict[str, str]
) -> None:
    answer = tracked.load(tracked.link(), method, **headers)
    tracked.load(tracked.pixel(), method, **headers)

    assert answer.status_code == 302
    assert [event["machine"] for event in tracked.events()] == [True, True]
    assert last_engaged(tracked.admin, tracked.tenant) is None


@pytest.mark.rule(30)
def test_following_every_link_at_once_is_a_machine(tracked: Reader) -> None:
    urls = [f"https://shop.example.org/{number}" for number in range(4)]
    refs = [one["ref"] for one in register(tracked.tenant, *urls).json["links"]]
    prefix = tracked.handed_out()["click_url_prefix"].removeprefix("https://crm.example.com")

    for ref in refs:
        tracked.load(prefix + ref)

    assert [event["machine"] for event in tracked.events()] == [True] * 4


@pytest.mark.rule(28)
def test_a_scanner_that_repeats_itself_fills_no_table_and_hides_no_person(tracked: Reader) -> None:
    link = tracked.link()

    for _ in range(5):
        tracked.load(link, User_Agent="Barracuda Sentinel (EE)")
    tracked.load(link)

    machine = [event["machine"] for event in tracked.events()]
    assert sorted(machine, key=str)[0] is False
    assert len(machine) <= 4


def test_answers_are_the_same_for_pixels_that_nobody_signed(tracked: Reader) -> None:
    genuine = tracked.pixel()
    forged = ["/o/" + "aeaq" * 18, "/o/x", "/o/" + genuine[3:][::-1], "/o/" + "a" * 3000, "/o/%00"]

    expected = tracked.load(genuine)
    answers = [tracked.load(path) for path in forged[:4]]

    varying = {"X-Request-Id", "Date"}
    same = {n: v for n, v in expected.headers.items() if n not in varying}
    for answer in answers:
        assert (answer.status_code, answer.data) == (200, PIXEL)
        assert {n: v for n, v in answer.headers.items() if n not in varying} == same
    assert expected.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_no_link_leads_where_nobody_registered_it_to(
    tracked: Reader, other_tenant: Tenant, keyring: Keyring
) -> None:
    prefix, ref = tracked.link()[:75], tracked.link()[75:]
    theirs = register(other_tenant, "https://evil.example.net/").json["links"][0]["ref"]
    raw = bytearray(base32.decode(ref))
    raw[5] ^= 1
    flipped = base32.encode(bytes(raw))
    unknown = ["", "x", ref[:-1], flipped, theirs, "a" * 24, f"{ref}?url=https://evil.example.net"]

    answers = [tracked.load(prefix + each) for each in unknown[:-1]]
    led = tracked.load(prefix + unknown[-1])

    assert {answer.status_code for answer in answers} == {404}
    assert all("Location" not in answer.headers for answer in answers)
    assert led.headers["Location"] == SHOP
    assert tracked.load(f"/r/{'aeaq' * 18}{ref}").status_code == 404


def test_a_destination_that_was_altered_in_the_database_leads_nowhere(tracked: Reader) -> None:
    link = tracked.link("https://shop.example.org/altered")
    tracked.admin.execute(
        "UPDATE tracked_links SET url = 'https://evil.example.net/' WHERE controller_id = %s",
        (tracked.tenant.controller_id,),
    )

    assert tracked.load(link).status_code == 404


@pytest.mark.parametrize(
    "mangle",
    [str.upper, lambda path: path + ".", lambda path: path + "/", lambda path: path + "%20",
     lambda path: path + ")", lambda path: path + "?fbclid=1", lambda path: path[:40] + "%3D" + path[40:]],  # noqa: E501 - a row of a table
)  # fmt: skip
def test_what_mail_software_does_to_links_does_no_harm(tracked: Reader, mangle: Any) -> None:
    answer = tracked.load(mangle(tracked.link()))

    assert (answer.status_code, answer.headers.get("Location")) == (302, SHOP)


def test_nothing_that_a_browser_says_is_ever_markup(tracked: Reader) -> None:
    tracked.load(tracked.link(), User_Agent=SCRIPT, Referer=SCRIPT)

    answers = [tracked.load(f"/r/{SCRIPT}"), tracked.load(f"/o/{SCRIPT}")]
    [event] = tracked.events()
    assert SCRIPT not in str({name: value for name, value in event.items() if name != "raw"})
    assert all(SCRIPT not in answer.text for answer in answers[:1])


@pytest.mark.rule(10)
def test_using_a_link_uses_nothing_up(tracked: Reader) -> None:
    link = tracked.link()

    answers = [tracked.load(link, method) for method in ("HEAD", "GET", "GET", "OPTIONS", "GET")]

    assert [answer.status_code for answer in answers] == [302, 302, 302, 200, 302]
    assert tracked.person.reasons() == []


def test_links_that_were_sent_outlive_the_rotation_of_their_key(tracked: Reader) -> None:
    link = tracked.link()
    settings = tracked.tenant.app.extensions["crm.settings"]
    keys = settings.keyring.keys

    keys["link"][2] = b"\7" * 32
    try:
        old, new = tracked.load(link), tracked.load(tracked.link())
    finally:
        del keys["link"][2]

    assert old.headers["Location"] == new.headers["Location"] == SHOP
