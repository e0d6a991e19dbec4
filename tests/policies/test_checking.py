from pathlib import Path
from typing import Any

import pytest

from crm_service.errors import Invalid
from crm_service.policies import vocabulary
from crm_service.policies.checking import check, usable
from crm_service.policies.findings import ERROR, WARNING, Finding
from crm_service.policies.loading import read_document
from tests.policies.documents import CANTEC_EE, OTHERS, cantec_ee, changed, other

INTEREST = "purposes.marketing.bases.legitimate_interests"


def errors(document: object) -> list[tuple[str, str]]:
    return [(found.path, found.message) for found in check(document) if found.is_error]


def warnings(document: object) -> list[Finding]:
    return [found for found in check(document) if found.severity == WARNING]


@pytest.mark.parametrize("path", [CANTEC_EE, *OTHERS], ids=lambda path: path.stem)
def test_a_policy_that_ships_or_serves_as_a_sample_has_no_error(path: Path) -> None:
    document = read_document(path)

    assert errors(document) == []


@pytest.mark.parametrize(
    ("path", "value", "place", "said"),
    [
        ("name", "Cantec EE", "name", "lower-case letters"),
        ("timezone", "Europe/Talinn", "timezone", "IANA names"),
        ("languages", [], "languages", "must not be empty"),
        ("languages", ["et", "xx"], "languages.1", "'xx' is no language"),
        ("languages", ["et", False], "languages.1", "unquoted yes, no, on and off"),
        ("languages", ["et", "et"], "languages", "names something twice"),
        ("default_language", "fi", "default_language", "allowed: et, en, ru"),
        ("authority.url", "www.aki.ee", "authority.url", "begins with https://"),
        ("agreement.version", 2.1, "agreement.version", "put it in quotes"),
        ("unsubscribe.link_mode", "instand", "unsubscribe.link_mode", "did you mean instant?"),
        ("consent.wording_text", "never", "consent.wording_text", "allowed: warn, error"),
        ("contact_fields", ["email", "e-mail"], "contact_fields.1", "did you mean email?"),
        ("contact_fields", ["phone"], "contact_fields", "must name email"),
        ("purposes", {}, "purposes", "must not be empty"),
        ("purposes.marketing.bases", {}, "purposes.marketing.bases", "must not be empty"),
        ("purposes.marketing.bases.consent", None, "purposes.marketing.bases.consent", "a mapping"),
        ("purposes.marketing.channels", ["e_mail"], "purposes.marketing.channels.0", "ads_google"),
        ("purposes.service.bases.contracts", {}, "purposes.service.bases", "did you mean contract"),
        ("purposes.marketing.kind", "x", "purposes.marketing", "'kind' is not allowed here"),
        ("purposes.service.category", "marketing", "purposes.service.category", "must be service"),
        (f"{INTEREST}.term", "5 years", f"{INTEREST}.term", "such as P5Y, P18M or P90D"),
        (f"{INTEREST}.term", "P0D", f"{INTEREST}.term", "no time at all"),
        (f"{INTEREST}.term", "PT24H", f"{INTEREST}.term", "an ISO 8601 period"),
        (f"{INTEREST}.term_from", "birth", f"{INTEREST}.term_from", "allowed: added_at, since"),
        ("custom_attributes.segment.purpose", "fun", "custom_attributes.segment.purpose", "fun"),
        ("retension", {}, "(document)", "'retension' is not allowed here"),
        ("controller.name", "Cantec\x00", "controller.name", "a control character"),
        ("controller.name", " Cantec", "controller.name", "without spaces around it"),
        ("controller.name", "C" * 501, "controller.name", "longer than 500"),
    ],
)
def test_a_mistake_is_named_by_its_place_with_what_is_allowed(
    path: str, value: object, place: str, said: str
) -> None:
    document = changed(path, value)

    [(found, message)] = errors(document)

    assert found == place
    assert said in message


@pytest.mark.parametrize("document", [None, [], "name: cantec", 7])
def test_what_is_no_mapping_is_refused(document: object) -> None:
    [(path, message)] = errors(document)

    assert path == "(document)"
    assert "must be a mapping" in message


def test_what_is_missing_is_named_at_once() -> None:
    document = cantec_ee()
    del document["authority"], document["timezone"]

    assert errors(document) == [("(document)", "must name timezone, authority")]


def test_a_name_that_is_not_text_is_refused() -> None:
    document = cantec_ee()
    document["purposes"][False] = {}

    [(path, message)] = errors(document)

    assert path == "purposes.False"
    assert "not text: put it in quotes" in message


def test_a_term_needs_to_say_from_when_it_is_counted() -> None:
    document = changed(INTEREST, {"term": "P1Y", "relationship": "customers"})

    assert errors(document) == [(INTEREST, "term needs term_from beside it")]


def test_a_document_of_endless_depth_is_refused() -> None:
    document: dict[str, Any] = {}
    for _ in range(50):
        document = {"name": document}

    [(_, message)] = errors(document)

    assert message == "lies too deep for a policy"


@pytest.mark.rule(17)
@pytest.mark.parametrize("channel", ["email", "sms"])
def test_electronic_marketing_on_legitimate_interests_must_declare_its_relationship(
    channel: str,
) -> None:
    document = changed("purposes.marketing.channels", [channel, "post"])
    del document["purposes"]["marketing"]["bases"]["legitimate_interests"]["relationship"]
    del document["purposes"]["marketing"]["bases"]["soft_opt_in"]

    [(path, message)] = errors(document)

    assert path == INTEREST
    assert f"marketing by {channel} relies on" in message
    assert "natural persons ePrivacy Directive 13 asks for consent or soft opt-in" in message


@pytest.mark.rule(17)
@pytest.mark.clause("ee-06")
def test_a_declared_relationship_is_accepted_and_pointed_out() -> None:
    [note] = [found for found in check(cantec_ee()) if found.path == INTEREST]

    assert note.severity == "note"
    assert "rests on the declared relationship" in note.message


@pytest.mark.rule(17)
def test_letters_on_legitimate_interests_need_no_relationship() -> None:
    assert check(other("post_only")) == []


@pytest.mark.rule(17)
def test_soft_opt_in_outside_electronic_marketing_is_refused() -> None:
    document = changed("purposes.service.bases.soft_opt_in", {})
    document["purposes"]["marketing"]["channels"] = ["post"]

    places = [path for path, message in errors(document) if "email or sms only" in message]

    assert places == [
        "purposes.marketing.bases.soft_opt_in",
        "purposes.service.bases.soft_opt_in",
    ]


def test_a_relationship_that_nothing_relies_on_is_refused() -> None:
    path = "purposes.marketing.bases.consent.relationship"

    assert [found for found, _ in errors(changed(path, "customers"))] == [path]


@pytest.mark.rule(13)
def test_links_that_act_when_opened_are_allowed_with_a_warning() -> None:
    [warning] = warnings(other("consent_only"))

    assert warning.path == "unsubscribe.link_mode"
    assert "at the controller's own risk" in warning.message


@pytest.mark.rule(23)
def test_a_consent_that_covers_unnamed_topics_is_warned_of() -> None:
    document = changed("purposes.marketing.bases.consent.inherits", value=True)

    [warning] = warnings(document)

    assert warning.path == "purposes.marketing.bases.consent.inherits"


def test_a_basis_that_hardly_carries_marketing_is_warned_of() -> None:
    document = changed("purposes.marketing.bases.public_task", {})

    [warning] = warnings(document)

    assert warning.path == "purposes.marketing.bases.public_task"


@pytest.mark.clause("ee-20")
@pytest.mark.parametrize("category", vocabulary.SPECIAL_CATEGORIES)
def test_special_categories_of_data_are_refused(category: str) -> None:
    document = changed("custom_attributes.segment.category", category)

    [(path, message)] = errors(document)

    assert path == "custom_attributes.segment.category"
    assert "GDPR Art. 9 and 10" in message


@pytest.mark.clause("ee-20")
def test_an_attribute_without_purpose_and_category_is_refused() -> None:
    document = changed("custom_attributes.segment", {})

    assert errors(document) == [("custom_attributes.segment", "must name purpose, category")]


@pytest.mark.clause("ee-20")
def test_an_attribute_that_sounds_like_special_data_is_warned_of() -> None:
    declared = {"purpose": "marketing", "category": "preference"}
    document = changed("custom_attributes.health_notes", declared)

    [warning] = warnings(document)

    assert warning.path == "custom_attributes.health_notes"


@pytest.mark.clause("se-01")
def test_an_attribute_for_a_password_is_refused() -> None:
    declared = {"purpose": "service", "category": "technical"}

    [(path, message)] = errors(changed("custom_attributes.portal_password", declared))

    assert path == "custom_attributes.portal_password"
    assert "the service keeps none" in message


def test_errors_come_before_warnings() -> None:
    document = changed("unsubscribe.link_mode", "instant")
    document["timezone"] = "Mars/Olympus"

    severities = [found.severity for found in check(document)]

    assert severities[0] == ERROR
    assert ERROR not in severities[1:]


def test_a_barred_document_is_refused_with_every_place_under_its_name() -> None:
    document = changed("timezone", "Mars/Olympus")
    document["default_language"] = "fi"

    with pytest.raises(Invalid, match=r"cantec\.yaml: 2 places") as refused:
        usable(document, "cantec.yaml")

    assert set(refused.value.errors) == {"timezone", "default_language"}
