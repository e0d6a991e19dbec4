"""Optimistic locking over HTTP: an ``ETag`` from a version, ``If-Match`` on changes (RFC 9110)."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import request

from crm_service.errors import PreconditionFailed
from crm_service.web.problems import Problem

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


def check(version: int) -> None:
    """Raise unless ``If-Match`` of the current request names ``version``, alone or among others.

    ``Problem`` 428 without the header, ``PreconditionFailed`` (412) where no strong tag in it is
    the version's (RFC 9110 section 13.1.1). Called under the lock of the row.
    """
    sent = request.headers.get("If-Match", "").strip()
    if not sent:
        raise Problem(
            428, "precondition_required", "send If-Match with the ETag that you last read"
        )
    if sent != "*" and etag(version) not in [tag.strip() for tag in sent.split(",")]:
        raise PreconditionFailed("this is not the current version; read it again")
