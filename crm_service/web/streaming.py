"""Answers of any length: pieces as they are made, and an end that is always reached."""

import uuid
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager

from flask import Flask, current_app, request

from crm_service.db import Connection, pipeline

Connect = Callable[[], AbstractContextManager[Connection]]
Pieces = Generator[bytes, None, None]


class Stream:
    """Pieces whose first is made before the status is sent: what fails by then is still told by it.

    Closing it, as servers do when a client goes away, lets the generator record how far it came,
    also when nothing was read of it.
    """

    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces
        self._first: bytes | None = next(pieces, None)

    def __iter__(self) -> Iterator[bytes]:
        """Return the stream itself."""
        return self

    def __next__(self) -> bytes:
        """Return the next piece."""
        first, self._first = self._first, None
        return next(self._pieces) if first is None else first

    def close(self) -> None:
        """End the generator."""
        self._pieces.close()


def answering(pieces: Pieces) -> Iterator[bytes]:
    """Return the body of an answer; a HEAD has none, and nothing is begun for it."""
    return iter(()) if request.method == "HEAD" else Stream(pieces)


def connecting(controller_id: uuid.UUID) -> Connect:
    """Return what opens a transaction: also in other threads, and once the request is over."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - Flask's documented way

    @contextmanager
    def connect() -> Iterator[Connection]:
        with app.app_context(), pipeline(controller_id) as connection:
            yield connection

    return connect
