"""What a policy may say about the fields that audiences hand out (clauses ee-04 and si-07)."""

from typing import Any

import pytest

from crm_service.policies.checking import check
from crm_service.policies.document import parse
from crm_service.policies.findings import WARNING
from tests.policies.documents import cantec_ee, changed

ADS = "purposes.marketing.audience_fields"
INTEREST = "purposes.marketing.bases.legitimate_interests.audience_fields"


def errors(document: object) -> list[tuple[str, str]]:
    return [(found.path, found.message) for found in check(document) if found.is_error]


def warnings(document: object) -> list[tuple[str, str]]:
    return [(found.path, found.message) for found in check(document) if found.severity == WARNING]


def with_channels(**channels: list[str]) -> dict[str, Any]:
    return changed(ADS, channels)


@pytest.mark.clause("ee-04")
def test_advertising_gets_name_email_and_phone_and_nothing_else() -> None:
    policy = parse(cantec_ee(), version=1)
    marketing = policy.purposes["marketing"]

    for channel in ("ads_facebook", "ads_instagram", "ads_google"):
        for basis in marketing.bases:
            fields = policy.audience_fields(marketing, channel, basis)
            assert set(fields) == {"first_name", "last_name", "email", "phone"}


@pytest.mark.clause("si-07")
def test_a_basis_narrows_what_is_handed_out_on_it_and_on_no_other() -> None:
    policy = parse(changed(INTEREST, ["first_name", "last_name", "phone", "email"]), version=1)
    marketing = policy.purposes["marketing"]

    interests = policy.audience_fields(marketing, "email", "legitimate_interests")
    consent = policy.audience_fields(marketing, "email", "consent")

    assert set(interests) == {"first_name", "last_name", "phone", "email"}
    assert set(interests) < set(consent)


@pytest.mark.clause("ee-04")
@pytest.mark.clause("si-07")
def test_both_limits_hold_together() -> None:
    policy = parse(changed(INTEREST, ["email", "city"]), version=1)
    marketing = policy.purposes["marketing"]

    fields = policy.audience_fields(marketing, "ads_google", "legitimate_interests")

    assert fields == ("email",)


def test_notes_and_unlisted_fields_are_in_no_audience() -> None:
    document = changed("contact_fields", ["email", "phone", "first_name", "last_name", "notes"])
    policy = parse(document, version=1)

    fields = policy.audience_fields(policy.purposes["marketing"], "email", "consent")

    assert fields == ("email", "phone", "first_name", "last_name")


def test_a_basis_that_the_policy_does_not_rely_on_hands_out_nothing() -> None:
    policy = parse(cantec_ee(), version=1)

    assert policy.audience_fields(policy.purposes["marketing"], "email", "public_task") == ()


@pytest.mark.parametrize(
    ("document", "place", "said"),
    [
        (with_channels(email=["email", "shoe_size"]), f"{ADS}.email.1", "allowed: email, phone"),
        (with_channels(email=["notes"]), f"{ADS}.email.0", "'notes' is not allowed here"),
        (with_channels(email=[]), f"{ADS}.email", "must not be empty"),
        (with_channels(email=["email", "email"]), f"{ADS}.email", "names something twice"),
        (with_channels(ads_gogle=["email"]), ADS, "did you mean ads_google?"),
        (with_channels(sms=["first_name"]), f"{ADS}.sms", "must name phone: sms reaches nobody"),
        (changed(INTEREST, ["mail"]), f"{INTEREST}.0", "did you mean email?"),
        (changed(INTEREST, "email"), INTEREST, "must be a list"),
    ],
)
def test_a_mistake_is_named_by_its_place_with_what_is_allowed(
    document: dict[str, Any], place: str, said: str
) -> None:
    [(found, message)] = errors(document)

    assert found == place
    assert said in message


def test_fields_for_a_channel_that_the_purpose_does_not_use_are_pointed_out() -> None:
    path = "purposes.service.audience_fields"

    [(place, message)] = warnings(changed(path, {"ads_google": ["email"]}))

    assert place == f"{path}.ads_google"
    assert "allowed: email, phone, post, sms" in message


def test_a_field_that_no_contact_may_have_is_pointed_out() -> None:
    document = changed("contact_fields", ["email", "first_name", "last_name", "phone"])
    document["purposes"]["marketing"]["audience_fields"]["email"] = ["email", "company"]

    [(place, message)] = warnings(document)

    assert place == f"{ADS}.email"
    assert "'company' is not allowed here; allowed: email, first_name, last_name, phone" in message


def test_a_basis_that_leaves_no_address_for_a_channel_is_refused() -> None:
    places = errors(changed(INTEREST, ["first_name", "phone"]))

    assert {place for place, _ in places} == {INTEREST}
    assert any("must name email: email reaches nobody without" in said for _, said in places)
