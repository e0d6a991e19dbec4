"""Which column means what, and what is said where that is not certain."""

from collections.abc import Sequence

import pytest

from crm_service.policies.document import Policy, parse
from crm_service.transfers.columns import Columns, UnusableMapping, assign
from crm_service.transfers.updating import parse_updates
from tests.factories import load_policy


@pytest.fixture(scope="module")
def policy() -> Policy:
    """Cantec's policy."""
    return parse(load_policy(), 1)


def named(columns: Columns) -> dict[str, str]:
    return {field: columns.header[at] for field, at in columns.by_field.items()}


@pytest.mark.parametrize(
    ("header", "fields"),
    [
        (
            ["E-Mail", "first  name", "LAST_NAME", "Opt-in Time", "consent text", "Legal basis"],
            [
                "email",
                "first_name",
                "last_name",
                "evidence.occurred_at",
                "evidence.wording.version",
                "basis",
            ],
        ),
        (  # Mailchimp
            ["Email Address", "First Name", "Last Name", "Phone Number", "OPTIN_TIME", "LEID"],
            ["email", "first_name", "last_name", "phone", "evidence.occurred_at"],
        ),
        (  # HubSpot
            ["Record ID", "Email", "Country/Region", "Postal Code", "Company Name", "Create Date"],
            ["email", "country", "postal_code", "company", "added_at"],
        ),
        (  # SendGrid
            ["EMAIL", "FIRST_NAME", "ADDRESS_LINE_1", "CITY", "PHONE_NUMBER", "CREATED_AT"],
            ["email", "first_name", "street", "city", "phone", "added_at"],
        ),
        (  # Brevo
            ["CONTACT ID", "EMAIL", "FIRSTNAME", "LASTNAME", "SMS", "EXT_ID", "ADDED_TIME"],
            ["email", "first_name", "last_name", "phone", "external_id", "added_at"],
        ),
        (["uuid", "email", "name", "status", "created_at"], ["email", "added_at"]),  # listmonk
    ],
)
def test_the_columns_of_common_exports_are_recognized(
    policy: Policy, header: Sequence[str], fields: Sequence[str]
) -> None:
    assert set(assign(header, [], policy).by_field) == set(fields)


def test_a_mapping_overrides_what_names_say(policy: Policy) -> None:
    mapping = [("Work", "email"), ("Email", "ignore"), ("Job", "attributes.job_title")]

    columns = assign(["Email", "Work", "Job", "City"], mapping, policy)

    assert named(columns) == {"email": "Work", "attributes.job_title": "Job", "city": "City"}
    assert columns.unused == ("Email",)


def test_columns_that_the_policy_does_not_list_are_left_out_and_named() -> None:
    document = load_policy()
    document["contact_fields"].remove("notes")

    columns = assign(["email", "Notes"], [], parse(document, 1))

    assert columns.withheld == ("Notes",)
    assert "notes" not in columns.by_field


@pytest.mark.parametrize(
    ("header", "mapping", "said"),
    [
        (["Email", "Phone", "SMS"], [], "columns 2 'Phone' and 3 'SMS' could both be phone"),
        (["Email", "E-mail"], [], "could both be email.*'Email=email'"),
        (["a", "b"], [], "no column holds e-mail addresses.*'a', 'b'"),
        (["Email:Name:City"], [], "separated by something else"),
        (["mari@example.com", "Mari"], [], "the first line seems to be a row already"),
        (["Email", "X"], [("X", "phone"), ("X", "city")], "'X' is mapped twice"),
        (["Email", "X", "Y"], [("X", "phone"), ("Y", "phone")], "two columns are mapped to phone"),
        (["Email", "X", "X"], [("X", "phone")], "the file has 2 columns 'X'"),
        (["Email"], [("Nope", "phone")], "no column 'Nope'; its columns are: 'Email'"),
        (["Email", "X"], [("X", "shoe_size")], "no field 'shoe_size'; choose one of: email"),
        (["Email", "X"], [("X", "attributes.religion")], "policy does not let a contact have"),
    ],
)
def test_what_is_not_certain_is_refused_with_what_to_do(
    policy: Policy, header: Sequence[str], mapping: list[tuple[str, str]], said: str
) -> None:
    with pytest.raises(UnusableMapping, match=said):
        assign(header, mapping, policy)


def test_no_personal_data_of_a_file_without_header_gets_into_the_message(policy: Policy) -> None:
    with pytest.raises(UnusableMapping) as refused:
        assign(["mari@example.com", "Mari Tamm"], [], policy)

    assert "Mari" not in str(refused.value)


@pytest.mark.parametrize("text", ["replace", "=keep", "email=overwrite", "shoe_size=keep"])
def test_an_unknown_way_to_update_is_refused(text: str) -> None:
    with pytest.raises(UnusableMapping):
        parse_updates([text])
