"""``GET /v1/audiences/news`` of everybody with links, beside ``COPY TO`` of the same columns."""

import http.client
import statistics
import time

import psycopg
from psycopg.rows import TupleRow

from bench.house import House, built
from bench.register import Register, fill
from bench.result import Result

SIZE = 1_000_000
SUPPRESSED = 0.1
ROUNDS = 5
_WARM_UP = 1
_PIECE = 1 << 20

_FURNISH = """
UPDATE contacts SET first_name = 'Mari', last_name = 'Tamm', phone = '+372 5123 4567',
    company = 'Tamm ja Pojad OÜ', street = 'Viru 1, korter 2', postal_code = '10140',
    city = 'Tallinn', country = 'EE', language = 'et'
WHERE controller_id = %s
"""

#: What the audience hands out, written down beforehand: nothing is judged or signed any more.
_WRITTEN = """
CREATE TABLE written AS
SELECT email, phone, first_name, last_name, company, street, postal_code, city, country, language,
    external_id, 'consent' AS basis, link AS unsubscribe_url,
    '<' || link || '>' AS list_unsubscribe,
    'List-Unsubscribe=One-Click' AS list_unsubscribe_post
FROM contacts c, LATERAL (SELECT 'https://crm.example.com/u/' || repeat('a', 72) AS link) l
WHERE controller_id = %s
    AND NOT EXISTS (SELECT FROM suppressions s WHERE s.controller_id = c.controller_id
        AND s.address_key = c.email_key)
"""


def run(size: int = SIZE) -> list[Result]:
    """Measure CSV and NDJSON, each round beside the limit."""
    with built() as house:
        register = fill(house, size, suppressed=SUPPRESSED)
        with psycopg.connect(house.settings.admin_url, autocommit=True) as connection:
            connection.execute(_FURNISH, (register.controller_id,))
            connection.execute(_WRITTEN, (register.controller_id,))
            connection.execute("VACUUM (FULL, ANALYZE) contacts")
            connection.execute("VACUUM ANALYZE")
            return [
                _measure(house, register, connection, "csv"),
                _measure(house, register, connection, "ndjson"),
            ]


def _measure(
    house: House, register: Register, connection: psycopg.Connection[TupleRow], form: str
) -> Result:
    ours: list[float] = []
    limits: list[float] = []
    unsent: list[float] = []
    with house.serving("crm_service.wsgi:app") as port:
        for _ in range(ROUNDS + _WARM_UP):
            limits.append(_limit(connection))
            unsent.append(_unsent(connection))
            ours.append(_audience(port, register, form))
    return Result(
        name=f"audience: {form.upper()} with links, {register.size:,} people / COPY TO STDOUT",
        ours=statistics.median(ours[_WARM_UP:]),
        limit=statistics.median(limits[_WARM_UP:]),
        unit="people/s",
        target=0.25,
        note=f"COPY TO /dev/null, sent to nobody: {statistics.median(unsent):,.0f} people/s",
    )


def _limit(connection: psycopg.Connection[TupleRow]) -> float:
    """Return people a second of ``COPY TO STDOUT``: read, formatted and handed to a client."""
    began, people = time.perf_counter(), 0
    with connection.cursor().copy("COPY written TO STDOUT (FORMAT csv)") as lines:
        for _ in lines:
            people += 1
    return people / (time.perf_counter() - began)


def _unsent(connection: psycopg.Connection[TupleRow]) -> float:
    began = time.perf_counter()
    written = connection.execute("COPY written TO '/dev/null' (FORMAT csv)")
    return written.rowcount / (time.perf_counter() - began)


def _audience(port: int, register: Register, form: str) -> float:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    path = f"/v1/audiences/news?format={form}&include=links&campaign=bench"
    began = time.perf_counter()
    try:
        client.request("GET", path, headers={"Authorization": f"Bearer {register.key}"})
        answer = client.getresponse()
        lines = 0
        while piece := answer.read(_PIECE):
            lines += piece.count(b"\n")
        seconds = time.perf_counter() - began
    finally:
        client.close()
    people = lines - (form == "csv")
    if answer.status != http.client.OK or people < register.size * (1 - SUPPRESSED) * 0.99:
        raise RuntimeError(f"{answer.status}: {people} people are not what the register holds")
    return people / seconds
