from dataclasses import FrozenInstanceError

import pytest

from crm_service.policies.document import Agreement, Authority, parse
from tests.policies.documents import cantec_ee, other

CANTEC = parse(cantec_ee(), version=1)


@pytest.mark.clause("ee-01", "ee-02")
def test_cantec_keeps_these_contact_fields_and_no_national_code() -> None:
    allowed = ["email", "phone", "first_name", "last_name", "city", "country", "company", "street"]

    assert all(CANTEC.allows_field(name) for name in allowed)
    assert not CANTEC.allows_field("national_id")


@pytest.mark.clause("ee-04")
def test_cantec_may_advertise_on_three_platforms() -> None:
    marketing = CANTEC.purposes["marketing"]

    assert {"ads_facebook", "ads_instagram", "ads_google"} <= marketing.channels


@pytest.mark.clause("ee-05")
@pytest.mark.parametrize("basis", ["legitimate_interests", "consent", "soft_opt_in"])
def test_cantec_uses_a_contact_for_marketing_for_five_years_from_its_entry(basis: str) -> None:
    rule = CANTEC.purposes["marketing"].bases[basis]

    assert (rule.term, rule.term_from) == ("P5Y", "added_at")


@pytest.mark.clause("ee-06")
def test_cantec_relies_on_the_business_relationship() -> None:
    rule = CANTEC.purposes["marketing"].bases["legitimate_interests"]

    assert rule.relationship
    assert "business relationship" in rule.relationship
    assert rule.inherits


@pytest.mark.clause("ee-08")
def test_consent_by_ordering_is_for_the_service_not_for_marketing() -> None:
    service = CANTEC.purposes["service"]

    assert service.category == "service"
    assert service.allows("consent", "email")


@pytest.mark.clause("ee-12")
def test_publication_rests_on_consent_alone_and_no_message_belongs_to_it() -> None:
    publication = CANTEC.purposes["publication"]

    assert set(publication.bases) == {"consent"}
    assert publication.channels == frozenset()


@pytest.mark.clause("ee-20")
def test_an_attribute_that_is_not_declared_is_unknown() -> None:
    assert CANTEC.custom_attributes["segment"].purpose == "marketing"
    assert "religion" not in CANTEC.custom_attributes
    assert not CANTEC.allows_field("segment")


def test_cantec_names_authority_agreement_and_languages() -> None:
    assert CANTEC.authority == Authority("Andmekaitse Inspektsioon", "https://www.aki.ee")
    assert isinstance(CANTEC.agreement, Agreement)
    assert (CANTEC.languages, CANTEC.default_language) == (("et", "en", "ru"), "et")
    assert (CANTEC.timezone, CANTEC.link_mode) == ("Europe/Tallinn", "confirm")
    assert CANTEC.controller_name == "Cantec OÜ"


def test_another_policy_shares_none_of_it() -> None:
    choir = parse(other("consent_only"), version=3)

    assert (choir.version, choir.agreement, choir.link_mode) == (3, None, "instant")
    assert choir.wording_text == "error"
    assert set(choir.purposes["marketing"].bases) == {"consent"}
    assert choir.purposes["marketing"].bases["consent"].term is None
    assert not choir.allows_field("phone")
    assert not choir.custom_attributes


@pytest.mark.rule(23)
def test_topics_inherit_by_default_what_the_person_did_not_name() -> None:
    fair = parse(other("until_unsubscribed"), version=1).purposes

    assert fair["marketing"].bases["legitimate_interests"].inherits
    assert not fair["marketing"].bases["consent"].inherits
    assert not fair["training"].bases["soft_opt_in"].inherits


@pytest.mark.rule(17)
@pytest.mark.parametrize(
    ("basis", "channel", "allowed"),
    [
        ("soft_opt_in", "email", True),
        ("soft_opt_in", "post", False),
        ("legitimate_interests", "post", True),
        ("contract", "email", False),
        ("consent", "pigeon", False),
    ],
)
def test_a_basis_is_allowed_where_policy_and_law_have_it(
    *, basis: str, channel: str, allowed: bool
) -> None:
    assert CANTEC.purposes["marketing"].allows(basis, channel) is allowed


def test_nothing_can_change_a_parsed_policy() -> None:
    with pytest.raises(FrozenInstanceError):
        CANTEC.timezone = "UTC"  # type: ignore[misc]  # the refusal is what is proved
    with pytest.raises(TypeError):
        CANTEC.purposes["news"] = CANTEC.purposes["marketing"]  # type: ignore[index]  # as above
