"""Taking in a stream of events beside COPY of the same rows into the same table."""

import http.client
import statistics
import time
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import psycopg

from bench.house import House, built
from bench.register import Register, fill
from bench.result import Result
from crm_service.suppression.bulk import ids_in_order

ROUNDS = 5
SIZE = 100_000
EVENTS = 200_000

_COLUMNS = """id, controller_id, address_key, type, occurred_at, source, message_id, campaign,
    topic, bounce, url, client, os, device, machine"""
_COPY = f"COPY engagement_events ({_COLUMNS}) FROM STDIN"
_AGENT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/{}.0.0.0 Safari/537.36"
)
#: What becomes of a hundred messages of a campaign.
_MIX = (
    ["sent"] * 45 + ["delivered"] * 43 + ["opened"] * 8 + ["clicked"] * 2 + ["bounced", "deferred"]
)
_SINCE = datetime(2026, 11, 1, tzinfo=UTC)


def run() -> list[Result]:
    """Measure events never seen, and the same events once more."""
    ours, again, limits = [], [], []
    with built() as house:
        register = fill(house, SIZE)
        with house.serving("crm_service.wsgi:app") as port:
            for number in range(ROUNDS + 1):
                events = list(_events(number))
                body = b"\n".join(orjson.dumps(event) for event in events)
                limits.append(_limit(house, register, events))
                ours.append(_stream(port, register, body, accepted=EVENTS))
                again.append(_stream(port, register, body, accepted=0))
    return [
        Result(
            name=f"engagement, NDJSON: {EVENTS:,} events / COPY of the same rows",
            ours=statistics.median(ours[1:]),
            limit=statistics.median(limits[1:]),
            unit="events/s",
            target=0.3,
        ),
        Result(
            name="engagement: the same events again, which changes nothing / as above",
            ours=statistics.median(again[1:]),
            limit=statistics.median(limits[1:]),
            unit="events/s",
        ),
    ]


def _events(number: int) -> Iterator[dict[str, Any]]:
    """Yield a campaign's events: everybody's in turn, most of them what happens to any message."""
    for n in range(EVENTS):
        kind = _MIX[(n * 37) % 100]
        person = (n * 7 + number) % SIZE
        event = {
            "event_id": f"{number}-{n}",
            "type": kind,
            "email": f"person{person}@example.com",
            "occurred_at": (_SINCE + timedelta(seconds=n)).isoformat(),
            "message_id": f"m-{number}-{person}",
            "campaign": f"campaign-{number}",
            "topic": "news",
        }
        if kind in {"opened", "clicked"}:
            event["user_agent"] = _AGENT.format(80 + n % 40)
        if kind == "clicked":
            event["url"] = f"https://example.com/article/{n % 10}"
        if kind == "bounced":
            event["bounce"] = "hard" if n % 2 else "soft"
        yield event


def _stream(port: int, register: Register, body: bytes, *, accepted: int) -> float:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    headers = {
        "Authorization": f"Bearer {register.key}",
        "Content-Type": "application/x-ndjson",
    }
    began = time.perf_counter()
    connection.request("POST", "/v1/engagement-events", body, headers)
    answer = orjson.loads(connection.getresponse().read())
    rate = EVENTS / (time.perf_counter() - began)
    connection.close()
    if answer.get("accepted") != accepted or answer["rejected"]:
        raise RuntimeError(f"the events were not taken in as they should be: {answer}")
    return rate


def _limit(house: House, register: Register, events: Sequence[dict[str, Any]]) -> float:
    """Copy as many rows, of another controller's; return rows a second."""
    controller = str(uuid.uuid4())
    keys = {register.email(n): str(register.address_key(n)) for n in range(SIZE)}
    data = b"".join(
        _row(one, controller, keys[event["email"]], event)
        for one, event in zip(ids_in_order(EVENTS), events, strict=True)
    )
    with psycopg.connect(house.settings.admin_url) as connection:
        began = time.perf_counter()
        with connection.cursor().copy(_COPY) as copy:
            copy.write(data)
        connection.commit()
        return EVENTS / (time.perf_counter() - began)


def _row(event_id: str, controller: str, key: str, event: dict[str, Any]) -> bytes:
    agent = "user_agent" in event
    values = [
        event_id,
        controller,
        key,
        event["type"],
        event["occurred_at"],
        "api",
        event["message_id"],
        event["campaign"],
        event["topic"],
        event.get("bounce", "\\N"),
        event.get("url", "\\N"),
        "Chrome 120" if agent else "\\N",
        "Windows 10" if agent else "\\N",
        "desktop" if agent else "\\N",
        "f",
    ]
    return "\t".join(values).encode() + b"\n"
