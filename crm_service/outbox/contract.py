"""The contract with consumers, generated from the events: JSON Schemas and ``asyncapi.yaml``.

Consumers ignore what they do not know: a field may be added to a type, and a value to a list that
is not closed. Anything else is a new version of the type, beside the old one.
"""

import types
import typing
import uuid
from dataclasses import MISSING, Field, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any

import orjson
import yaml

from crm_service.outbox import (
    duty_events,
    engagement_events,
    events,
    recipient_events,
    retention_events,
    rights_events,
)
from crm_service.outbox.asyncapi import describe
from crm_service.outbox.cloudevents import SEQUENCE_DIGITS
from crm_service.outbox.events import ENVELOPE, Event
from crm_service.outbox.vocabulary import FIELDS

Schema = dict[str, Any]

DIALECT = "http://json-schema.org/draft-07/schema#"
SCHEMAS = Path("crm_service/outbox/schemas")
ASYNCAPI = Path("asyncapi.yaml")

_UUID: Schema = {"type": "string", "format": "uuid"}

_SCALARS: dict[type, Schema] = {
    uuid.UUID: _UUID,
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
}

#: Where event types are declared.
EVENTS = (
    events,
    recipient_events,
    engagement_events,
    rights_events,
    retention_events,
    duty_events,
)

_EXAMPLE_ID = "3f0f6f6e-6f3c-4c9e-8d0e-5b1f2a7c9e10"


def event_types() -> dict[str, type[Event]]:
    """Return every published event class by its type, sorted."""
    said = [one for module in EVENTS for one in vars(module).values()]
    found = [one for one in said if isinstance(one, type)]
    classes = [one for one in found if issubclass(one, Event) and "type" in vars(one)]
    return {one.type: one for one in sorted(classes, key=lambda one: one.type)}


def schema(kind: type[Event]) -> Schema:
    """Return the JSON Schema of the whole message body of one event type."""
    properties: dict[str, Schema] = {
        "specversion": {"const": "1.0"},
        "id": {**_UUID, "description": "deduplicate by this; also the AMQP message_id"},
        "type": {"const": kind.type},
        "source": {"type": "string", "pattern": "^/controllers/[a-z0-9-]+$"},
        "subject": {**_UUID, "description": "the subject's id: the contact's, if there is one"},
        "time": {"type": "string", "format": "date-time", "description": "when it happened"},
        "datacontenttype": {"const": "application/json"},
        "controller": {"type": "string", "description": "slug of the controller"},
        "sequence": {
            "type": "string",
            "pattern": f"^[0-9]{{{SEQUENCE_DIGITS}}}$",
            "description": "increases with every event of one subject; compare as text",
        },
        "correlation": {**_UUID, "description": "shared by all events of one happening"},
        "data": _data(kind),
    }
    required = [name for name in properties if name != "subject" or not kind.is_of_controller]
    return {
        "$schema": DIALECT,
        "title": kind.type,
        "description": (kind.__doc__ or "").strip(),
        "type": "object",
        "required": required,
        "properties": properties,
    }


def example(kind: type[Event]) -> dict[str, Any]:
    """Return a message body that a consumer may get."""
    data = schema(kind)["properties"]["data"]["properties"]
    body = {
        "specversion": "1.0",
        "id": "0b0c3d1e-2f4a-4b5c-8d6e-7f8091a2b3c4",
        "type": kind.type,
        "source": "/controllers/demo",
        "subject": "5d2c7a1b-8e4f-4a6d-9b3c-1f0e2d4c6b8a",
        "time": "2026-11-20T08:15:30.123456Z",
        "datacontenttype": "application/json",
        "controller": "demo",
        "sequence": "1042".zfill(SEQUENCE_DIGITS),
        "correlation": "8c1f9e2d-7b6a-4c5d-9e8f-0a1b2c3d4e5f",
        "data": {name: one.get("examples", [_EXAMPLE_ID])[0] for name, one in data.items()},
    }
    if kind.is_of_controller:
        del body["subject"]
    return body


def documents() -> dict[Path, bytes]:
    """Return every generated file by its path in the repository."""
    kinds = event_types()
    written = {
        SCHEMAS / f"{name}.json": orjson.dumps(schema(kind), option=orjson.OPT_INDENT_2) + b"\n"
        for name, kind in kinds.items()
    }
    asyncapi = describe({name: (schema(kind), example(kind)) for name, kind in kinds.items()})
    text = yaml.safe_dump(asyncapi, sort_keys=False, allow_unicode=True, width=100)
    return written | {ASYNCAPI: text.encode()}


def outdated(root: Path) -> list[Path]:
    """Return the files under ``root`` that do not say what the event classes say."""
    expected = documents()
    there = {path.relative_to(root) for path in (root / SCHEMAS).glob("*.json")}
    wrong = {
        path
        for path, content in expected.items()
        if not (root / path).is_file() or (root / path).read_bytes() != content
    }
    return sorted(wrong | (there - set(expected)))


def write(root: Path) -> list[Path]:
    """Bring the files under ``root`` up to date; return those that changed."""
    changed, expected = outdated(root), documents()
    (root / SCHEMAS).mkdir(parents=True, exist_ok=True)
    for path in changed:
        if path in expected:
            (root / path).write_bytes(expected[path])
        else:
            (root / path).unlink()
    return changed


def _data(kind: type[Event]) -> Schema:
    hints = typing.get_type_hints(kind)
    own = [one for one in fields(kind) if one.name not in ENVELOPE]
    told = FIELDS | rights_events.FIELDS | retention_events.FIELDS | duty_events.FIELDS
    return {
        "type": "object",
        "required": [one.name for one in own if _is_required(one)],
        "properties": {one.name: _json_type(hints[one.name]) | told[one.name] for one in own},
    }


def _is_required(one: "Field[Any]") -> bool:
    return one.default is MISSING and one.default_factory is MISSING


def _json_type(hint: Any) -> Schema:
    if isinstance(hint, types.UnionType):
        # Absent facts are left out: there is no null on the wire.
        [hint] = [one for one in typing.get_args(hint) if one is not type(None)]
    if typing.get_origin(hint) is tuple:
        return {"type": "array", "items": _json_type(typing.get_args(hint)[0])}
    return dict(_SCALARS[hint])
