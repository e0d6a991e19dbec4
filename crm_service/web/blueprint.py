"""The blueprint every room uses: flask-smorest's with the strict parser, and typed decorators."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol, TypeVar

import flask_smorest
import marshmallow as ma

from crm_service.clock import spelled
from crm_service.web.parser import StrictParser


def _rfc3339(moment: datetime) -> str:
    """Return an aware time in UTC with ``Z``, as events and streams spell it."""
    return spelled(moment)


# Every time in every answer is spelled alike; marshmallow's own spelling ends in +00:00.
ma.fields.DateTime.SERIALIZATION_FUNCS["iso"] = _rfc3339

View = TypeVar("View", bound=Callable[..., Any])


class Decorator(Protocol):
    """Returns the view it was given, or one with the same signature for callers."""

    def __call__(self, view: View, /) -> View:
        """Decorate ``view``."""


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]  # flask-smorest ships no types
    """``Blueprint("contacts", __name__, url_prefix="/v1/contacts", description="…")``."""

    ARGUMENTS_PARSER = StrictParser()

    def route(self, rule: str, **options: Any) -> Decorator:
        """Register and document a view."""
        decorator: Decorator = super().route(rule, **options)
        return decorator

    def get(self, rule: str, **options: Any) -> Decorator:
        """Register and document a view for GET (and HEAD)."""
        return self.route(rule, methods=["GET"], **options)

    def post(self, rule: str, **options: Any) -> Decorator:
        """Register and document a view for POST."""
        return self.route(rule, methods=["POST"], **options)

    def put(self, rule: str, **options: Any) -> Decorator:
        """Register and document a view for PUT."""
        return self.route(rule, methods=["PUT"], **options)

    def patch(self, rule: str, **options: Any) -> Decorator:
        """Register and document a view for PATCH."""
        return self.route(rule, methods=["PATCH"], **options)

    def delete(self, rule: str, **options: Any) -> Decorator:
        """Register and document a view for DELETE."""
        return self.route(rule, methods=["DELETE"], **options)

    def arguments(self, schema: Any, **options: Any) -> Decorator:
        """Pass the view what ``schema`` reads; ``location``: json (default) or query."""
        decorator: Decorator = super().arguments(schema, **options)
        return decorator

    def response(self, status_code: int, schema: Any = None, **options: Any) -> Decorator:
        """Dump the view's result with ``schema`` (where it is no ``Response``) and document it."""
        decorator: Decorator = super().response(status_code, schema, **options)
        return decorator

    def alt_response(self, status_code: int, response: Any = None, **options: Any) -> Decorator:
        """Document another answer."""
        decorator: Decorator = super().alt_response(status_code, response, **options)
        return decorator

    @staticmethod
    def doc(**facts: Any) -> Decorator:
        """Add to the documentation of a view."""
        decorator: Decorator = flask_smorest.Blueprint.doc(**facts)
        return decorator
