"""``asyncapi.yaml`` (AsyncAPI 3.0.0): a channel an event type, as RabbitMQ's consumers bind it."""

from collections.abc import Mapping
from typing import Any

from crm_service.outbox.cloudevents import CONTENT_TYPE, EXCHANGE

Document = dict[str, Any]

SCHEMA_FORMAT = "application/schema+json;version=draft-07"

_INFO = {
    "title": "CRM Service events",
    "version": "1.0.0",
    "description": (
        "What happens to contacts, their permissions and suppressions, as CloudEvents 1.0 in "
        "structured mode on the durable topic exchange `crm.events`; the routing key is the type. "
        "Delivered at least once: deduplicate by `id`, which is also the AMQP `message_id`. In "
        "order per `subject`; `sequence` increases. Between subjects there is no order: opt-outs, "
        "erasures and restrictions of single people, one-time links and rights requests are not "
        "kept waiting by an import's backlog, and bring their person's earlier events along. Who "
        "must act on them at once binds a queue of its own to these types, since a queue for "
        "everything is read in its order; where both tell of one subject, the greater `sequence` "
        "is the later. Events hold ids and address keys, never an "
        "address. The same events can be read from `GET /v1/events`. Ignore fields and types that "
        "you do not know; an incompatible change is a new version of the type."
    ),
}
_EXCHANGE_BINDING = {
    "amqp": {
        "is": "routingKey",
        "exchange": {
            "name": EXCHANGE,
            "type": "topic",
            "durable": True,
            "autoDelete": False,
            "vhost": "/",
        },
        "bindingVersion": "0.3.0",
    }
}
_SEND_BINDING = {
    "amqp": {"deliveryMode": 2, "mandatory": True, "timestamp": True, "bindingVersion": "0.3.0"}
}


def describe(kinds: Mapping[str, tuple[Document, Document]]) -> Document:
    """Return the document for event types with their schema and an example of each."""
    return {
        "asyncapi": "3.0.0",
        "info": _INFO,
        "defaultContentType": CONTENT_TYPE,
        "channels": {_key(name): _channel(name) for name in kinds},
        "operations": {f"send_{_key(name)}": _operation(name) for name in kinds},
        "components": {
            "messages": {
                _key(name): _message(name, schema, example)
                for name, (schema, example) in kinds.items()
            }
        },
    }


def _key(name: str) -> str:
    """Ids of AsyncAPI know no dots."""
    return name.replace(".", "_")


def _channel(name: str) -> Document:
    reference = {"$ref": f"#/components/messages/{_key(name)}"}
    return {
        "address": name,
        "messages": {_key(name): reference},
        "bindings": _copy(_EXCHANGE_BINDING),
    }


def _operation(name: str) -> Document:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{_key(name)}"},
        "messages": [{"$ref": f"#/channels/{_key(name)}/messages/{_key(name)}"}],
        "bindings": _copy(_SEND_BINDING),
    }


def _message(name: str, schema: Document, example: Document) -> Document:
    return {
        "name": name,
        "title": name,
        "summary": schema["description"],
        "contentType": CONTENT_TYPE,
        "payload": {
            "schemaFormat": SCHEMA_FORMAT,
            "schema": {"$ref": f"./crm_service/outbox/schemas/{name}.json"},
        },
        "bindings": {"amqp": {"messageType": name, "bindingVersion": "0.3.0"}},
        "examples": [{"name": "example", "payload": example}],
    }


def _copy(binding: Document) -> Document:
    """Return a document of its own, so that YAML writes no anchors."""
    return {
        name: _copy(value) if isinstance(value, dict) else value for name, value in binding.items()
    }
