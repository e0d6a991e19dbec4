"""Optimistic locking over HTTP: an ``ETag`` from a version, ``If-Match`` on changes (RFC 9110)."""

import re
from collections.abc import Callable
from typing import Any, TypeVar

from flask import request

from crm_service.errors import PreconditionFailed
from crm_service.web.problems import Problem

_STRONG = re.compile(r'"(\d{1,9})"')

View = TypeVar("View", bound=Callable[..., Any])


def conditional(view: View) -> View:
    """Declare that a view checks ``If-Match``; the description says so."""
    view.__crm_conditional__ = True  # type: ignore[attr-defined]  # a mark on a function
    return view


def is_conditional(view: Callable[..., Any]) -> bool:
    """Tell whether a view checks ``If-Match``."""
    return getattr(view, "__crm_conditional__", False)


def etag(version: int) -> str:
    """Return the strong entity tag of a version."""
    return f'"{version}"'


def headers(version: int) -> dict[str, str]:
    """Return the headers of an answer that shows this version."""
    return {"ETag": etag(version)}


def expected_version() -> int | None:
    """Return the version that ``If-Match`` of the current request names; None for ``*``.

    Raises ``Problem`` 428 without the header, ``PreconditionFailed`` (412) for a tag that is none
    of ours. The service compares: it alone sees the row under its lock.
    """
    sent = request.headers.get("If-Match", "").strip()
    if not sent:
        raise Problem(
            428, "precondition_required", "send If-Match with the ETag that you last read"
        )
    if sent == "*":
        return None
    match = _STRONG.fullmatch(sent)
    if match is None:
        raise PreconditionFailed("this is not the current version; read it again")
    return int(match[1])


def check(version: int) -> None:
    """Raise unless ``If-Match`` of the current request names ``version`` (428 or 412)."""
    expected = expected_version()
    if expected is not None and expected != version:
        raise PreconditionFailed("this is not the current version; read it again")
