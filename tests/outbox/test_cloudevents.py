import uuid
from datetime import UTC, datetime

import orjson
import pytest
from cloudevents.core.bindings.rabbitmq import RabbitMQMessage, from_structured
from cloudevents.core.formats.json import JSONFormat

from crm_service.outbox.cloudevents import (
    CONTENT_TYPE,
    MAX_TYPE_BYTES,
    LoggedEvent,
    Unserializable,
    envelope,
    serialize,
)

SUBJECT = uuid.UUID(int=7)

EVENT = LoggedEvent(
    position=42,
    id=uuid.UUID(int=1),
    type="consent.withdrawn.v1",
    controller="demo",
    subject_id=SUBJECT,
    occurred_at=datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC),
    correlation=uuid.UUID(int=2),
    data={"channel": "email"},
)


@pytest.mark.rule(25)
def test_the_official_library_reads_what_we_write() -> None:
    parsed = from_structured(RabbitMQMessage({}, CONTENT_TYPE, serialize(EVENT)), JSONFormat())

    assert parsed.get_type() == "consent.withdrawn.v1"
    assert parsed.get_source() == "/controllers/demo"
    assert parsed.get_subject() == str(SUBJECT)
    assert parsed.get_time() == EVENT.occurred_at
    assert parsed.get_extension("controller") == "demo"
    assert parsed.get_extension("correlation") == str(EVENT.correlation)
    assert parsed.get_data() == {"channel": "email"}


@pytest.mark.rule(26)
def test_the_sequence_increases_as_text_too() -> None:
    positions = [1, 9, 10, 99, 100, 2**62, 2**63 - 1]

    sequences = [envelope(EVENT._replace(position=position))["sequence"] for position in positions]

    assert sequences == sorted(sequences)
    assert {len(sequence) for sequence in sequences} == {20}


def test_an_event_of_the_controller_itself_has_no_subject() -> None:
    assert "subject" not in envelope(EVENT._replace(subject_id=None))


def test_data_that_is_json_text_already_goes_out_unchanged() -> None:
    event = EVENT._replace(data=orjson.Fragment('{"amount": 1.10, "name": "Õ"}'))

    assert b'{"amount": 1.10, "name": "\xc3\x95"}' in serialize(event)


@pytest.mark.parametrize(
    "broken",
    [
        EVENT._replace(type=""),
        EVENT._replace(type="x" * (MAX_TYPE_BYTES + 1)),
        EVENT._replace(controller=""),
        EVENT._replace(data={"address": object()}),
    ],
)
def test_what_no_broker_could_take_is_refused_without_telling_its_data(broken: LoggedEvent) -> None:
    with pytest.raises(Unserializable) as refusal:
        serialize(broken)

    assert "address" not in str(refusal.value)
