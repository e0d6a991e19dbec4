"""``POST /v1/eligibility-checks`` with 10,000 addresses beside the same join inside PostgreSQL."""

import http.client
import random
import statistics
import time
import uuid

import orjson
import psycopg

from bench.house import House, built
from bench.register import Register, fill
from bench.result import Result

ROUNDS = 7
#: So large that PostgreSQL walks the index, as it does in any register worth the name.
SIZE = 1_000_000
ASKED = 10_000
STREAMED = 200_000

#: Counts what the verdict needs, and returns nothing but the counts.
LIMIT = """
SELECT (SELECT count(*) FROM permissions WHERE controller_id = %(controller)s
        AND address_key = ANY (%(keys)s::uuid[]) AND channel = 'email' AND purpose = 'marketing'
        AND (topic_id = %(topic)s OR topic_id IS NULL) AND state = 'granted'),
    (SELECT count(*) FROM suppressions WHERE controller_id = %(controller)s
        AND address_key = ANY (%(keys)s::uuid[]) AND lifted_at IS NULL)
"""


def run() -> list[Result]:
    """Measure JSON with and without links, and the stream, each round beside the limit."""
    with built() as house:
        register = fill(house, SIZE, suppressed=0.1)
        with (
            house.serving("crm_service.wsgi:app") as port,
            psycopg.connect(house.settings.admin_url, autocommit=True) as connection,
        ):
            limit = _Limit(connection, register)
            for _ in range(5):
                limit.rate(_numbers(STREAMED))  # both sides find the pages in memory
            return [
                _json(port, register, limit, links=False, target=0.5),
                _json(port, register, limit, links=True, target=0.4),
                _ndjson(port, house, register, limit),
            ]


class _Limit:
    """The join counted inside PostgreSQL: keys a second."""

    def __init__(self, connection: psycopg.Connection, register: Register) -> None:
        self._connection = connection
        self._register = register

    def rate(self, numbers: list[int]) -> float:
        keys = sorted(str(self._register.address_key(number)) for number in numbers)
        facts = {
            "controller": self._register.controller_id,
            "topic": self._register.topic_id,
            "keys": "{" + ",".join(keys) + "}",
        }
        began = time.perf_counter()
        self._connection.execute(LIMIT, facts).fetchone()
        return len(numbers) / (time.perf_counter() - began)


def _numbers(count: int) -> list[int]:
    return random.sample(range(SIZE), count)


def _json(port: int, register: Register, limit: _Limit, *, links: bool, target: float) -> Result:
    ours: list[float] = []
    limits: list[float] = []
    for _ in range(ROUNDS + 2):
        numbers = _numbers(ASKED)
        limits.append(limit.rate(numbers))
        question = {"topic": "news", "channel": "email", "campaign": "bench"}
        body = question | {"emails": [register.email(n) for n in numbers]}
        text = orjson.dumps(body | ({"include": ["links"]} if links else {}))
        began = time.perf_counter()
        answer = post(port, register, "/v1/eligibility-checks", text, "application/json")
        ours.append(ASKED / (time.perf_counter() - began))
        if orjson.loads(answer)["counts"]["eligible"] < ASKED // 2:
            raise RuntimeError("the answers are not what the register holds")
    name = "with links" if links else "without links"
    return Result(
        name=f"eligibility: JSON, 10,000 addresses, {name} / the join counted in SQL",
        ours=statistics.median(ours[2:]),
        limit=statistics.median(limits[2:]),
        unit="addresses/s",
        target=target,
    )


def _ndjson(port: int, house: House, register: Register, limit: _Limit) -> Result:
    del house
    ours: list[float] = []
    limits: list[float] = []
    for _ in range(3):
        numbers = _numbers(STREAMED)
        limits.append(limit.rate(numbers))
        text = b"".join(b'"%s"\n' % register.email(n).encode() for n in numbers)
        path = "/v1/eligibility-checks?topic=news&channel=email"
        began = time.perf_counter()
        answer = post(port, register, path, text, "application/x-ndjson")
        ours.append(STREAMED / (time.perf_counter() - began))
        if answer.count(b"\n") != STREAMED:
            raise RuntimeError("a line is missing")
    return Result(
        name="eligibility: NDJSON, 200,000 addresses / the join counted in SQL",
        ours=statistics.median(ours),
        limit=statistics.median(limits),
        unit="addresses/s",
        target=0.5,
    )


def post(port: int, register: Register, path: str, body: bytes, content_type: str) -> bytes:
    """Return the text of the answer; raises ``RuntimeError`` unless it is 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    headers = {
        "Authorization": f"Bearer {register.key}",
        "Content-Type": content_type,
        "X-Request-Id": uuid.uuid4().hex,
    }
    try:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != http.client.OK:
            raise RuntimeError(f"{answer.status}: {text[:500]!r}")
        return text
    finally:
        connection.close()
