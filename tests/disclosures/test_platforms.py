"""Customer lists as Meta and Google ask for them (clause ee-04)."""

from typing import Any

import pytest

from crm_service.disclosures import matching
from tests.contacts.register import phone_key, suppress
from tests.disclosures.audiences import (
    MARI,
    consent,
    export,
    interest,
    make_topic,
    register,
    sha256,
    table,
)
from tests.factories import Tenant

PLATFORMS = {"ads_facebook": "meta", "ads_instagram": "meta", "ads_google": "google"}


@pytest.fixture(autouse=True)
def news(tenant: Tenant) -> None:
    """A topic that the audiences are for."""
    make_topic(tenant)


@pytest.mark.clause("ee-04")
@pytest.mark.parametrize("channel", ["ads_facebook", "ads_instagram"])
def test_meta_gets_name_email_and_phone_hashed_and_nothing_else(
    tenant: Tenant, channel: str
) -> None:
    register(tenant, interest(channel))

    [row] = table(export(tenant, channel=channel, format="meta"))

    assert row == {
        "email": sha256("mari.tamm@example.com"),
        "phone": sha256("37251234567"),
        "fn": sha256("mari"),
        "ln": sha256("tamm"),
    }


@pytest.mark.clause("ee-04")
def test_google_gets_email_and_phone_hashed_and_no_half_of_a_postal_address(
    tenant: Tenant,
) -> None:
    register(tenant, interest("ads_google"))

    [row] = table(export(tenant, channel="ads_google", format="google"))

    assert row == {"Email": sha256("mari.tamm@example.com"), "Phone": sha256("+37251234567")}


@pytest.mark.clause("ee-04")
@pytest.mark.parametrize("channel", PLATFORMS)
def test_only_people_who_may_be_shown_advertising_there_are_handed_out(
    tenant: Tenant, channel: str
) -> None:
    register(tenant, consent("email"))
    others = [one for one in PLATFORMS if one != channel]
    facts: dict[str, Any] = {"email": "ola@example.org", "phone": None, "external_id": None}
    register(tenant, *(interest(one) for one in others), **facts)

    assert table(export(tenant, channel=channel, format=PLATFORMS[channel])) == []


@pytest.mark.rule(1)
@pytest.mark.clause("ee-17")
def test_a_number_that_is_blocked_itself_is_left_out(tenant: Tenant) -> None:
    register(tenant, interest("ads_google"))
    suppress(tenant, phone_key(tenant, MARI["phone"]), "objection", kind="phone")

    [row] = table(export(tenant, channel="ads_google", format="google"))

    assert row == {"Email": sha256("mari.tamm@example.com"), "Phone": ""}


def test_a_person_with_nothing_to_be_found_by_is_not_handed_out(tenant: Tenant) -> None:
    register(tenant, interest("ads_facebook"), phone=None)

    answer = export(tenant, channel="ads_facebook", format="meta", fields="first_name,phone")

    assert table(answer) == []


def _made(platform: str, **cells: str) -> dict[str, str]:
    columns = {name: [cell] for name, cell in cells.items()}
    return {name: column[0] for name, column in matching.columns(platform, columns).items()}


@pytest.mark.parametrize(
    ("given", "known"),
    [
        ("Cloudy.SanFrancisco+shopping@Gmail.com", "cloudysanfrancisco@gmail.com"),
        ("a.b@googlemail.com", "ab@googlemail.com"),
        ("User.Name+NYC@Example.com", "user.name+nyc@example.com"),
    ],
)
def test_google_knows_its_own_addresses_without_dots_and_suffixes(given: str, known: str) -> None:
    assert _made("google", email=given) == {"Email": sha256(known)}
    assert _made("meta", email=given) == {"email": sha256(given.lower())}


def test_google_matches_a_whole_postal_address_with_country_and_zip_in_plain() -> None:
    address = {"country": "EE", "postal_code": " 10140 "}

    whole = _made("google", first_name=" Zoë ", last_name="Pérez", **address)
    half = _made("google", first_name="Zoë", last_name="", **address)

    names = {"First Name": sha256("zoë"), "Last Name": sha256("pérez")}
    assert whole == {**names, "Country": "EE", "Zip": "10140"}
    assert set(half.values()) == {""}


@pytest.mark.parametrize(
    ("field", "given", "column", "normal"),
    [
        ("first_name", "  Anne-Marie ", "fn", "annemarie"),
        ("last_name", "O'Neill", "ln", "oneill"),
        ("last_name", "Šmit Õun", "ln", "šmit õun"),
        ("city", "São Paulo", "ct", "sãopaulo"),
        ("city", "St. John's", "ct", "stjohns"),
        ("postal_code", "WC2H 8LG", "zip", "wc2h8lg"),
        ("postal_code", "114-55", "zip", "11455"),
        ("country", "EE", "country", "ee"),
        ("phone", "+37251234567", "phone", "37251234567"),
    ],
)
def test_meta_gets_every_field_normalized(field: str, given: str, column: str, normal: str) -> None:
    assert _made("meta", **{field: given}) == {column: sha256(normal)}


def test_meta_gets_five_digits_of_an_american_zip() -> None:
    assert _made("meta", postal_code="94016-1234", country="US")["zip"] == sha256("94016")


@pytest.mark.parametrize("platform", ["meta", "google"])
@pytest.mark.parametrize("field", matching.FIELDS["meta"])
def test_what_is_not_known_stays_empty(platform: str, field: str) -> None:
    assert set(_made(platform, **{field: ""}).values()) <= {""}
    assert set(_made(platform, **{field: "..."}).values()) <= {"", sha256("...")}
