"""The pages that say no: to every link that does not work, in the same words."""

from typing import Any

from flask import Response

from crm_service.pages import rendering
from crm_service.web.problems import Problem

_RETRY_AFTER = "60"


def dead_link() -> Response:
    """Answer a link that is not ours, too old or used: nothing tells which."""
    return _page("dead_link", status=404)


def too_many(problem: Problem) -> Response:
    """Answer who asks too often, with the seconds to wait."""
    response = _page("too_many", status=problem.status)
    response.headers.update(problem.headers)
    return response


def elsewhere() -> Response:
    """Refuse a form that another site sent."""
    return _page("elsewhere", status=403)


def try_again(status: int) -> Response:
    """Say that it did not work, whatever it was, where there is no link to come back by."""
    return _later("try_again", status)


def not_stored(status: int) -> Response:
    """Say that it is not known whether the choice was stored."""
    return _later("not_stored", status)


def _later(name: str, status: int) -> Response:
    response = _page(name, status=status)
    if status == 503:  # noqa: PLR2004 - the status that passes
        response.headers["Retry-After"] = _RETRY_AFTER
    return response


def _page(name: str, *, status: int, **facts: Any) -> Response:
    # A page without a link is switched to another language where it stands.
    return rendering.render(f"proofs/{name}.html", path="", status=status, **facts)
