"""The reference of everything a policy may say, written from ``schema.json`` (docs)."""

import json
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any, NamedTuple

_INTRODUCTION = """\
# Policy reference

<!-- Written by `crm-service policy reference` from crm_service/policies/schema.json. -->

Everything that a policy file may say. What is not here is refused, with the place and what is
allowed. [policy-guide.md](policy-guide.md) leads from a published privacy text to such a file;
`deploy/policies/` holds whole ones. `*` stands for a name that the policy chooses, `[]` for each
entry of a list. **Bold** names must be given where what they belong to is given.
"""

_WORDS = {
    "boolean": "`true` or `false`",
    "integer": "a whole number",
    "string": "text",
    "array": "a list",
    "object": "a section",
}


class Row(NamedTuple):
    """One name that a policy may give: its path, what it says, what it may hold."""

    path: str
    required: bool
    description: str
    values: str


def reference() -> str:
    """Return the whole reference as Markdown; the same for the same schema."""
    schema = json.loads(
        resources.files("crm_service.policies").joinpath("schema.json").read_text("utf-8")
    )
    sections = [_section(schema, name) for name in schema["properties"]]
    return "\n".join([_INTRODUCTION, *sections])


def undescribed(schema: Mapping[str, Any]) -> list[str]:
    """Return the paths that have no description of their own: nobody would know what they say."""
    rows = [row for name in schema["properties"] for row in _rows(schema, schema, name, name)]
    return [row.path for row in rows if not row.description]


def _section(schema: Mapping[str, Any], name: str) -> str:
    first, *rest = _rows(schema, schema, name, name)
    asked = "Required. " if first.required else ""
    lines = [f"## {name}", "", f"{asked}{first.description}", ""]
    if not rest:
        return "\n".join([*lines[:2], f"{asked}{first.description} Holds {first.values}.", ""])
    lines += ["| name | says | holds |", "|---|---|---|"]
    lines += [f"| {_name(row)} | {row.description} | {row.values} |" for row in rest]
    return "\n".join([*lines, ""])


def _name(row: Row) -> str:
    return f"**`{row.path}`**" if row.required else f"`{row.path}`"


def _rows(
    schema: Mapping[str, Any], parent: Mapping[str, Any], name: str, path: str
) -> Iterator[Row]:
    """Yield a property and, below it, whatever it is made of."""
    stated = parent["properties"][name]
    yield Row(
        path,
        name in parent.get("required", ()),
        stated.get("description", ""),
        _values(schema, stated),
    )
    yield from _below(schema, _resolved(schema, stated), path)


def _below(schema: Mapping[str, Any], part: Mapping[str, Any], path: str) -> Iterator[Row]:
    if _is_choice(part):
        return
    for name in part.get("properties", {}):
        yield from _rows(schema, part, name, f"{path}.{name}")
    for keyword, mark in (("additionalProperties", ".*"), ("items", "[]")):
        inner = part.get(keyword)
        if isinstance(inner, Mapping):
            yield from _below(schema, _resolved(schema, inner), f"{path}{mark}")


def _resolved(schema: Mapping[str, Any], part: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a part refers to, or the part."""
    reference = part.get("$ref")
    if reference is None:
        return part
    found: Mapping[str, Any] = schema["$defs"][str(reference).rsplit("/", 1)[-1]]
    return found


def _values(schema: Mapping[str, Any], stated: Mapping[str, Any]) -> str:
    """Return in words what may stand there."""
    part = _resolved(schema, stated)
    if "enum" in part:
        return ", ".join(f"`{value}`" for value in part["enum"])
    if part.get("type") == "array":
        return f"a list of {_values(schema, part['items'])}"
    if _is_choice(part):
        return str(part["description"])
    if isinstance(part.get("additionalProperties"), Mapping):
        keys = part.get("propertyNames")
        names = _values(schema, keys) if keys else "names"
        return f"{names}, each with {_values(schema, part['additionalProperties'])}"
    return _value(stated, part)


def _is_choice(part: Mapping[str, Any]) -> bool:
    """Tell whether a part is one name with its value, said in a line: ``{months: 1}``."""
    return part.get("maxProperties") == 1 and "description" in part


def _value(stated: Mapping[str, Any], part: Mapping[str, Any]) -> str:
    if part is not stated and part.get("type") != "object":
        return str(part.get("description", _WORDS[part["type"]]))
    if "maximum" in part:
        return f"a whole number from {part['minimum']} to {part['maximum']}"
    return _WORDS[part["type"]]
