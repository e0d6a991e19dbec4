"""One logged event as a CloudEvent: CloudEvents 1.0, JSON format, structured mode (rule 25).

Attributes follow the CloudEvents 1.0 core specification, sections 3.1 and 3.2; ``sequence`` is its
official extension: compared as text it increases with every event of one subject.
"""

import uuid
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson

CONTENT_TYPE = "application/cloudevents+json"
#: The durable topic exchange; the routing key is the type.
EXCHANGE = "crm.events"

#: AMQP 0-9-1 section 4.2.5.3: the routing key, which is the type, is a short string.
MAX_TYPE_BYTES = 255

#: Digits of a bigint and one to spare, so that ``sequence`` sorts as text.
SEQUENCE_DIGITS = 20


class Unserializable(Exception):
    """An event that cannot be put on the wire; the message says why and holds no data of it."""


class LoggedEvent(NamedTuple):
    """A row of the event log, with the slug of its controller.

    ``data`` is JSON values, or an ``orjson.Fragment`` that already is JSON text.
    """

    position: int
    id: uuid.UUID | str
    type: str
    controller: str
    subject_id: uuid.UUID | str | None
    occurred_at: datetime
    correlation: uuid.UUID | str
    data: Any


def envelope(event: LoggedEvent) -> dict[str, Any]:
    """Return the whole CloudEvent as JSON values. Without a subject it tells of the controller."""
    attributes = {
        "specversion": "1.0",
        "id": str(event.id),
        "type": event.type,
        "source": f"/controllers/{event.controller}",
        "time": event.occurred_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "controller": event.controller,
        "sequence": str(event.position).zfill(SEQUENCE_DIGITS),
        "correlation": str(event.correlation),
    }
    if event.subject_id is not None:
        attributes["subject"] = str(event.subject_id)
    return attributes | {"data": event.data}


def serialize(event: LoggedEvent) -> bytes:
    """Return the message body. Raises ``Unserializable`` if no broker could take it."""
    if not event.type or len(event.type.encode()) > MAX_TYPE_BYTES:
        raise Unserializable(f"the type is empty or longer than {MAX_TYPE_BYTES} bytes")
    if not event.controller:
        raise Unserializable("its controller does not exist")
    try:
        return orjson.dumps(envelope(event))
    except (TypeError, ValueError) as error:
        raise Unserializable(f"not JSON: {type(error).__name__}") from None
