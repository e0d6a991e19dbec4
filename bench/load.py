"""A bounded load generator for loopback: keep-alive connections in threads, raw sockets.

It shares the machine's cores with what it measures, and costs both sides of a ratio the same.
"""

import socket
import statistics
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass


@dataclass(frozen=True)
class Load:
    """What one round measured: requests a second, and the 99th percentile in seconds."""

    rate: float
    p99: float
    statuses: dict[int, int]


def fire(port: int, requests: Sequence[bytes], *, connections: int = 16) -> Load:
    """Send every request once over ``connections`` sockets; return rate and tail latency."""
    shares = [requests[at::connections] for at in range(connections)]
    began = time.perf_counter()
    with ThreadPoolExecutor(connections) as pool:
        answers = [pair for share in pool.map(lambda s: _drive(port, s), shares) for pair in share]
    seconds = time.perf_counter() - began
    times = sorted(elapsed for elapsed, _ in answers)
    statuses: dict[int, int] = {}
    for _, status in answers:
        statuses[status] = statuses.get(status, 0) + 1
    return Load(len(answers) / seconds, times[int(len(times) * 0.99)], statuses)


def _drive(port: int, requests: Iterable[bytes]) -> list[tuple[float, int]]:
    answers = []
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for request in requests:
            began = time.perf_counter()
            connection.sendall(request)
            status = _read(connection)
            answers.append((time.perf_counter() - began, status))
    return answers


def _read(connection: socket.socket) -> int:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _some(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    while len(body) < length:
        body += _some(connection)
    return int(head[9:12])


def _some(connection: socket.socket) -> bytes:
    piece = connection.recv(65_536)
    if not piece:
        raise ConnectionError("the server closed the connection")
    return piece


def post(path: str, body: bytes, content_type: str, headers: str = "") -> bytes:
    """Return the bytes of one POST."""
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {content_type}\r\n"
        f"Content-Length: {len(body)}\r\n{headers}\r\n"
    ).encode() + body


def get(path: str) -> bytes:
    """Return the bytes of one GET."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


def median_of(loads: Sequence[Load]) -> tuple[float, float]:
    """Return the medians of rate and of p99."""
    return (
        statistics.median(load.rate for load in loads),
        statistics.median(load.p99 for load in loads),
    )
