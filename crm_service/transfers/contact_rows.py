"""Contacts as rows of CSV that an import understands, and as lines of JSON."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from crm_service.contacts.facts import TEXT_FIELDS
from crm_service.permissions.evidence import CONSENT
from crm_service.transfers.columns import ATTRIBUTE, EVIDENCE, EVIDENCE_FIELDS
from crm_service.transfers.neutralizing import neutralize
from crm_service.transfers.targets import CHANNEL, PURPOSE

Person = Mapping[str, Any]

#: Evidence under the names that the public contract gives its columns.
_NAMED = {
    "evidence.occurred_at": "Opt-in Time",
    "evidence.method": "Opt-in Source",
    "evidence.wording.version": "Consent Text",
    "evidence.assessment": "Assessment",
}
_TOPICS, _BASIS = "Topics", "Legal Basis"
_REFUSALS = frozenset({"withdrawn", "objected"})
#: Not imported: what the register itself knows of a contact.
_OWN = ("contact_id", "organization_id", "source_kind", "source_reference", "restricted_at")


class Table:
    """Writes contacts as CSV; ``attributes`` are the custom ones that have a column."""

    def __init__(self, attributes: Sequence[str]) -> None:
        self._names = (
            *("email", "phone", *TEXT_FIELDS, "added_at"),
            *(ATTRIBUTE + name for name in attributes),
            *(_TOPICS, _BASIS, *(_NAMED.get(path, path) for path in EVIDENCE_FIELDS)),
            *_OWN,
        )

    def header(self) -> bytes:
        """Return the first line."""
        return _csv([self._names])

    def lines(self, people: Sequence[Person]) -> bytes:
        """Return the rows of ``people``: one each, or one for each permission that fits in."""
        return _csv([self._row(facts) for person in people for facts in _rows(person)])

    def _row(self, facts: Mapping[str, Any]) -> list[str]:
        return [neutralize(_cell(facts.get(name))) for name in self._names]


def json_lines(people: Sequence[Person]) -> bytes:
    """Return one JSON object a line, as the API tells of a contact, with its permissions."""
    options = orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z
    return b"".join([orjson.dumps(_told(person), option=options) for person in people])


def _told(person: Person) -> dict[str, Any]:
    told = {n: v for n, v in person.items() if n not in {"source_kind", "source_reference"}}
    source = {"kind": person["source_kind"], "reference": person["source_reference"]}
    return {**told, "source": source}


def _rows(person: Person) -> Iterator[dict[str, Any]]:
    facts = {name: value for name, value in person.items() if name != "permissions"}
    facts["contact_id"] = person["id"]
    facts |= {ATTRIBUTE + name: value for name, value in person["attributes"].items()}
    claims = list(_claims(person["permissions"]))
    yield from ({**facts, **claim} for claim in claims or [{}])


def _claims(permissions: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the claims of a contact: topics of one basis and evidence share a row."""
    refusals = [one for one in permissions if one["state"] in _REFUSALS]
    shared: dict[tuple[str, bool, bytes], tuple[list[str], Mapping[str, Any]]] = {}
    for one in permissions:
        fits = one["topic"] is not None or one["purpose"] == PURPOSE
        if one["state"] != "granted" or one["channel"] != CHANNEL or not fits:
            continue
        if any(_stands_against(refusal, one) for refusal in refusals):
            continue
        evidence = one["evidence"] or {}
        key = (one["basis"], one["topic"] is None, orjson.dumps(evidence))
        topics, _ = shared.setdefault(key, ([], evidence))
        topics += [one["topic"]] if one["topic"] is not None else []
    for (basis, _, _), (topics, evidence) in shared.items():
        yield {_TOPICS: "|".join(topics), _BASIS: basis, **_proof(evidence)}


def _stands_against(refusal: Mapping[str, Any], grant: Mapping[str, Any]) -> bool:
    """Tell whether a grant would permit again what was refused (rule 16); in doubt it would."""
    if (refusal["channel"], refusal["purpose"]) != (grant["channel"], grant["purpose"]):
        return False
    if None not in (refusal["topic"], grant["topic"]) and refusal["topic"] != grant["topic"]:
        return False
    refused_at = datetime.fromisoformat(refusal["since"])
    return grant["basis"] != CONSENT or refused_at >= datetime.fromisoformat(grant["since"])


def _proof(evidence: Mapping[str, Any]) -> dict[str, Any]:
    return {_NAMED.get(path, path): _at(evidence, path) for path in EVIDENCE_FIELDS}


def _at(evidence: Mapping[str, Any], path: str) -> Any:
    value: Any = evidence
    for part in path.removeprefix(EVIDENCE).split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _csv(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()
