"""No attribute is declared for what opens something, or proves who somebody is."""

import pytest

from tests.policies.documents import changed
from tests.policies.test_checking import errors

_DECLARED = {"purpose": "service", "category": "technical"}


@pytest.mark.clause("se-01")
@pytest.mark.parametrize(
    "name", ["passwords", "user_pass_word", "userpassword2", "losenord", "parool", "cvv", "pin"]
)
def test_a_password_is_refused_however_it_is_spelled(name: str) -> None:
    [(path, message)] = errors(changed(f"custom_attributes.{name}", _DECLARED))

    assert path == f"custom_attributes.{name}"
    assert "the service keeps none" in message


@pytest.mark.clause("ee-01", "se-01")
@pytest.mark.parametrize(
    "name", ["personnummer", "social_security_number", "isikukood", "national_id", "emso"]
)
def test_an_identification_number_has_a_place_of_its_own(name: str) -> None:
    [(path, message)] = errors(changed(f"custom_attributes.{name}", _DECLARED))

    assert path == f"custom_attributes.{name}"
    assert "declare national_id" in message


@pytest.mark.clause("ee-20", "se-01")
@pytest.mark.parametrize(
    "name", ["Health", "he\u0430lth", "\uff48ealth", "password ", "pass-word", "\u0440\u0430rool"]
)
def test_names_that_only_look_like_names_are_refused(name: str) -> None:
    [(_, message)] = errors(changed(f"custom_attributes.{name}", _DECLARED))

    assert "lower-case letters, digits and _" in message


@pytest.mark.parametrize("name", ["shipping_address", "secretary", "pinot_noir", "paroles"])
def test_words_that_hold_such_a_word_by_chance_are_taken(name: str) -> None:
    assert errors(changed(f"custom_attributes.{name}", _DECLARED)) == []
