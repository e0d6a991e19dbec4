"""What the body of a recipient's POST says.

RFC 8058 section 3.2 lets a provider send ``multipart/form-data`` or urlencoded; others send nothing
or something odd. None of that may stand between a person and the way out: whatever cannot be read
says nothing, and the link itself says what is left.
"""

from typing import Final
from urllib.parse import parse_qsl

import orjson
from flask import Request
from werkzeug.datastructures import MultiDict

#: Larger bodies are refused: 413.
BODY_LIMIT: Final = 8 * 1024

_MAX_FIELDS: Final = 20
_SAY_NOTHING: Final = frozenset({b"", b"List-Unsubscribe=One-Click"})


def read(request: Request) -> MultiDict[str, str]:
    """Return the fields that were sent. Raises ``RequestEntityTooLarge`` alone."""
    body = request.get_data(cache=True, parse_form_data=False)
    if body in _SAY_NOTHING:
        return MultiDict()
    if request.mimetype == "multipart/form-data":
        return request.form
    if request.mimetype == "application/json":
        return _fields_of(body)
    try:
        pairs = parse_qsl(body.decode("utf-8", "replace"), max_num_fields=_MAX_FIELDS)
    except ValueError:
        return MultiDict()
    return MultiDict(pairs)


def _fields_of(body: bytes) -> MultiDict[str, str]:
    """Return the texts of a JSON object: who sends JSON means what it says, too."""
    try:
        stated = orjson.loads(body)
    except orjson.JSONDecodeError:
        return MultiDict()
    if not isinstance(stated, dict):
        return MultiDict()
    return MultiDict({name: value for name, value in stated.items() if isinstance(value, str)})


def wants_everything(fields: MultiDict[str, str]) -> bool:
    """Say whether the person chose to leave all marketing (``scope=all``)."""
    return "all" in fields.getlist("scope")


def wants_json(request: Request) -> bool:
    """Say whether the client is a program that asked for JSON rather than a page."""
    accepted = request.headers.get("Accept", "")
    if "application/json" not in accepted:
        return False
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) != "text/html"
