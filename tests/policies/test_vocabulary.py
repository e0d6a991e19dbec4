import pytest

from crm_service.contacts.models import Contact
from crm_service.eligibility.service import KIND_BY_CHANNEL
from crm_service.permissions import evidence
from crm_service.policies import vocabulary
from crm_service.policies.vocabulary import is_language


def test_every_basis_of_a_policy_has_its_evidence() -> None:
    assert set(evidence.REQUIRED) == set(vocabulary.BASES)


def test_every_channel_of_a_policy_has_an_address() -> None:
    assert set(KIND_BY_CHANNEL) == set(vocabulary.CHANNELS)


def test_every_field_of_a_policy_is_one_of_a_contact() -> None:
    assert set(vocabulary.CONTACT_FIELDS) <= set(Contact.__table__.columns.keys())


@pytest.mark.parametrize("code", ["et", "nb", "pt-BR", "zh-TW"])
def test_a_language_is_named_by_its_code(code: str) -> None:
    assert is_language(code)


@pytest.mark.parametrize(
    "code", ["", "xx", "ET", "est", "et-", "et-ee", "et-EST", "et_EE", "et-ÕÄ"]
)
def test_what_names_no_language_is_refused(code: str) -> None:
    assert not is_language(code)
