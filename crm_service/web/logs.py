"""Structured logs in JSON lines that hold no personal data (rule 39).

An allow-list decides: numbers, booleans and UUIDs pass under any name, text only under the names
below, and every text is redacted. Exceptions are told by class and place, never by message:
PostgreSQL's messages repeat the values that were sent.
"""

import logging
import sys
import traceback
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

import orjson
import structlog
from flask import g, has_request_context
from structlog.typing import EventDict, WrappedLogger

from crm_service.web.redaction import redact

#: Names under which text may be logged. None of them ever holds what a person or a client typed.
TEXT_FIELDS = frozenset(
    {
        "action",
        "actor",
        "broker",
        "code",
        "command",
        "controller",
        "error",
        "event",
        "host",
        "level",
        "log",
        "logger",
        "method",
        "policy",
        "problem",
        "purpose",
        "reason",
        "request_id",
        "route",
        "setting",
        "sqlstate",
        "state",
        "timestamp",
        "type",
        "version",
    }
)


def configure_logging(level: str) -> None:
    """Write JSON lines to standard error from now on, for our own loggers and for libraries."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            add_request_id,
            tell_exception,
            keep_allowed,
            _render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=False,
    )
    access.open(level)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)


class AccessLog:
    """One line a request, past the processors: all it is given is safe by construction.

    It stands on the hot path of every answer, and is written some ten times faster this way.
    """

    def __init__(self) -> None:
        self._write: Callable[[bytes], None] | None = None

    def open(self, level: str) -> None:
        """Write to standard error from now on, if the level asks for it."""
        wanted = logging.getLevelName(level) <= logging.INFO
        self._write = structlog.BytesLogger(sys.stderr.buffer).info if wanted else None

    def write(self, facts: dict[str, Any]) -> None:
        """Write one line. ``facts`` are ids, numbers, templates of routes and known words."""
        if self._write is not None:
            now = datetime.now(UTC)
            line = {"event": "request", "level": "info", "timestamp": now, **facts}
            self._write(orjson.dumps(line, option=orjson.OPT_UTC_Z))


access = AccessLog()


def add_request_id(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Name the request that a line belongs to."""
    if has_request_context() and (request_id := g.get("request_id")):
        event.setdefault("request_id", request_id)
    return event


def tell_exception(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Replace an exception by its class, its SQLSTATE and the places it passed."""
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        event["where"] = places(error.__traceback__)
    return event


def places(trace: TracebackType | None) -> list[str]:
    """Return ``file:line function`` of the last ten frames: enough to find a defect."""
    frames = traceback.extract_tb(trace)[-10:]
    return [f"{'/'.join(f.filename.split('/')[-2:])}:{f.lineno} {f.name}" for f in frames]


def keep_allowed(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Drop what the allow-list does not name, and redact the text that stays."""
    return {
        name: kept for name, value in event.items() if (kept := _allowed(name, value)) is not None
    }


def _allowed(name: str, value: Any) -> Any:
    if isinstance(value, bool | int | float | uuid.UUID):
        return value
    if name == "where":
        return value
    if name in TEXT_FIELDS and isinstance(value, str):
        # Short plain words, as nearly all are, hold nothing to redact.
        return value if value.isidentifier() else redact(value)
    return None


def _render(_logger: WrappedLogger, _name: str, event: EventDict) -> bytes:
    return orjson.dumps(event, default=str)


class JsonFormatter(logging.Formatter):
    """Libraries' own log records: redacted message, class and place of an exception."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one JSON line."""
        line: dict[str, Any] = {
            "event": redact(record.getMessage()),
            "level": record.levelname.lower(),
            "logger": record.name,
            "timestamp": self.formatTime(record, "%Y-%m-%dT%H:%M:%S"),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = type(record.exc_info[1]).__name__
            line["where"] = places(record.exc_info[2])
        return orjson.dumps(line).decode()
