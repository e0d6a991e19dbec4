import json
from typing import Any

from crm_service.policies import publication, rights, vocabulary
from crm_service.policies.checking import schema_validator


def test_the_schema_offers_exactly_what_the_service_knows() -> None:
    schema = schema_validator().schema
    assert isinstance(schema, dict)
    properties, defs = schema["properties"], schema["$defs"]
    purpose, rule = defs["purpose"]["properties"], defs["basis_rule"]["properties"]
    attribute = properties["custom_attributes"]["additionalProperties"]["properties"]

    assert tuple(purpose["bases"]["propertyNames"]["enum"]) == vocabulary.BASES
    assert tuple(purpose["channels"]["items"]["enum"]) == vocabulary.CHANNELS
    assert tuple(purpose["category"]["enum"]) == vocabulary.CATEGORIES
    assert tuple(rule["term_from"]["enum"]) == vocabulary.TERM_ANCHORS
    assert tuple(properties["contact_fields"]["items"]["enum"]) == vocabulary.CONTACT_FIELDS
    assert tuple(defs["audience_fields"]["items"]["enum"]) == vocabulary.AUDIENCE_FIELDS
    assert tuple(purpose["audience_fields"]["propertyNames"]["enum"]) == vocabulary.CHANNELS
    assert tuple(attribute["category"]["enum"]) == vocabulary.ATTRIBUTE_CATEGORIES
    assert tuple(defs["source_kind"]["enum"]) == vocabulary.SOURCE_KINDS
    link_modes = properties["unsubscribe"]["properties"]["link_mode"]["enum"]
    assert tuple(link_modes) == vocabulary.LINK_MODES


def test_the_schema_offers_the_kinds_periods_and_roles_that_the_service_knows() -> None:
    schema = schema_validator().schema
    assert isinstance(schema, dict)
    properties, defs = schema["properties"], schema["$defs"]
    section = defs["rights"]["properties"]
    recipient = properties["recipients"]["items"]["properties"]

    assert tuple(defs["rights_kind"]["enum"]) == rights.KINDS
    assert tuple(defs["request_ground"]["enum"]) == rights.REQUEST_GROUNDS
    assert tuple(defs["due"]["properties"]) == rights.UNITS
    assert tuple(section["clock_stops_for"]["items"]["enum"]) == rights.CLOCK_STOPS
    assert tuple(recipient["role"]["enum"]) == publication.ROLES
    assert set(section) == set(rights.GDPR) | {
        "complaint_within",
        "erasure_reaches",
        "package",
        "recipients_reminded_every",
        "recipients_told_within",
        "withdrawal_stops_collection",
    }


def test_every_object_of_the_schema_refuses_unknown_names() -> None:
    found: list[dict[str, Any]] = []

    def walk(part: object) -> None:
        if isinstance(part, dict):
            found.extend([part] if part.get("type") == "object" else [])
            for member in part.values():
                walk(member)

    walk(json.loads(json.dumps(schema_validator().schema)))

    assert found
    assert all("additionalProperties" in part for part in found)
