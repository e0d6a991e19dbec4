"""Judging a policy document: every finding at once, each with its path and what is allowed."""

import json
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from crm_service.errors import Invalid
from crm_service.policies.document import parse
from crm_service.policies.findings import ERROR, Finding, one_of, path_of, shown
from crm_service.policies.rules import RULES
from crm_service.policies.vocabulary import SPECIAL_CATEGORIES

_KINDS = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "boolean": "true or false",
    "integer": "a whole number",
}

_MAX_DEPTH = 10


def check(document: object) -> list[Finding]:
    """Return everything there is to say about a policy document, errors first.

    The shape is judged by ``schema.json``; only a document of the right shape is judged by the
    rules of ``rules.py``.
    """
    findings = list(_unusable(document, ()))
    if not findings:
        findings = [_translate(error) for error in schema_validator().iter_errors(document)]
    if not findings and isinstance(document, Mapping):
        policy = parse(document, version=0)
        findings = [finding for rule in RULES for finding in rule(policy)]
    return sorted(dict.fromkeys(findings), key=lambda found: (not found.is_error, found.path))


def usable(document: Any, name: str = "the policy") -> Mapping[str, Any]:
    """Return the document if nothing bars it.

    Raises ``Invalid`` (``invalid_policy``): each error with its path, under the document's name.
    """
    errors: dict[str, list[str]] = {}
    for finding in check(document):
        if finding.is_error:
            errors.setdefault(finding.path, []).append(finding.message)
    if errors:
        message = f"{name}: {len(errors)} place{'s' * (len(errors) > 1)} must be put right"
        raise Invalid(message, code="invalid_policy", errors=errors)
    stated: Mapping[str, Any] = document
    return stated


@cache
def schema_validator() -> Draft202012Validator:
    """Return the validator of ``schema.json``."""
    text = resources.files("crm_service.policies").joinpath("schema.json").read_text()
    return Draft202012Validator(json.loads(text))


def _unusable(value: object, path: tuple[str | int, ...]) -> Iterator[Finding]:
    """Find what JSON cannot hold, and what no reader would see."""
    if len(path) > _MAX_DEPTH:
        yield Finding(ERROR, path_of(path), "lies too deep for a policy")
    elif isinstance(value, Mapping):
        for key, member in value.items():
            if isinstance(key, str):
                yield from _unusable(key, (*path, key))
                yield from _unusable(member, (*path, key))
            else:
                message = f"the name {shown(key)} is not text: put it in quotes"
                yield Finding(ERROR, path_of((*path, str(key))), message)
    elif isinstance(value, list):
        for position, member in enumerate(value):
            yield from _unusable(member, (*path, position))
    elif isinstance(value, str) and any(_is_invisible(character) for character in value):
        yield Finding(ERROR, path_of(path), "holds a control character or half a character")


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cs"}


def _translate(error: ValidationError) -> Finding:
    path: list[str | int] = list(error.absolute_path)
    say = _WORDS.get(str(error.validator))
    return Finding(ERROR, path_of(path), say(error) if say else error.message)


def _wanted(error: ValidationError) -> Any:
    """Return what the schema's keyword asks for."""
    return error.validator_value


def _given(error: ValidationError) -> Any:
    """Return what the document has instead."""
    return error.instance


def _schema(error: ValidationError) -> Mapping[str, Any]:
    """Return the part of the schema that was broken."""
    return error.schema  # type: ignore[return-value]  # a keyword never fails in a boolean schema


def _say_type(error: ValidationError) -> str:
    wanted = _KINDS[str(_wanted(error))]
    given = _given(error)
    message = f"must be {wanted}, but {_kind_of(given)} is given"
    if isinstance(given, bool):
        return f"{message} (unquoted yes, no, on and off are true or false in YAML: quote them)"
    if wanted == _KINDS["string"] and given is not None and not isinstance(given, dict | list):
        return f"{message}: put it in quotes"
    return message


def _kind_of(given: object) -> str:
    if given is None:
        return "nothing"
    if isinstance(given, Mapping):
        return "a mapping"
    return "a list" if isinstance(given, list) else shown(given)


def _say_choice(error: ValidationError) -> str:
    message = one_of(_given(error), _wanted(error))
    if _given(error) in SPECIAL_CATEGORIES:
        return f"{message}. Special categories of data (GDPR Art. 9 and 10) are never kept"
    return message


def _say_unknown_names(error: ValidationError) -> str:
    allowed = list(_schema(error)["properties"])
    unknown = [name for name in _given(error) if name not in allowed]
    return "; ".join(one_of(name, allowed) for name in unknown)


def _say_required(error: ValidationError) -> str:
    missing = [name for name in _wanted(error) if name not in _given(error)]
    return f"must name {', '.join(missing)}"


def _say_dependent(error: ValidationError) -> str:
    pairs = _wanted(error).items()
    return "; ".join(
        f"{name} needs {', '.join(needed)} beside it"
        for name, needed in pairs
        if name in _given(error) and not set(needed) <= set(_given(error))
    )


def _say_pattern(error: ValidationError) -> str:
    return f"{shown(_given(error))} is not allowed here; allowed: {_schema(error)['description']}"


_WORDS: dict[str, Callable[[Any], str]] = {
    "type": _say_type,
    "enum": _say_choice,
    "additionalProperties": _say_unknown_names,
    "required": _say_required,
    "dependentRequired": _say_dependent,
    "pattern": _say_pattern,
    "minItems": lambda _: "must not be empty",
    "minProperties": lambda _: "must not be empty",
    "maxProperties": lambda _: "must name one thing only",
    "minimum": _say_pattern,
    "maximum": _say_pattern,
    "maxLength": lambda error: f"is longer than {_wanted(error)} characters",
    "uniqueItems": lambda _: "names something twice",
}
