"""HTTP for suppression lists: in as a file, out as a stream."""

import io
import shutil
import tempfile
from pathlib import Path
from typing import IO, Any

from flask import Response, current_app, request

from crm_service.config import Settings
from crm_service.errors import Invalid
from crm_service.transfers import service, suppression_exporting
from crm_service.transfers.reading import FileSource
from crm_service.transfers.suppression_applying import OUTCOMES
from crm_service.transfers.suppression_importing import Request, Result, import_suppressions
from crm_service.transfers.suppression_schemas import ExportQuery, ImportOptions, ListResult
from crm_service.web import idempotency, streaming
from crm_service.web.auth import principal, requires
from crm_service.web.blueprint import Blueprint
from crm_service.web.problems import Problem, flatten
from crm_service.web.requests import body_limit

blp = Blueprint(
    "suppression_lists",
    __name__,
    url_prefix="/v1/suppressions",
    description="Lists of refusals, in from and out to other systems",
)

#: About a million addresses; more goes by ``crm-service import suppressions``.
MAX_BODY = 32 * 1024 * 1024
_FORM, _CSV, _NDJSON = "multipart/form-data", "text/csv", "application/x-ndjson"
_TEXTS = frozenset({_CSV, "text/plain", _NDJSON, "application/json"})
_TYPES = {"csv": _CSV, "ndjson": _NDJSON}
_TEXT: dict[str, Any] = {"schema": {"type": "string"}}
_EXAMPLE = "email,reason,created_at\r\nmari@example.com,unsubscribe,2026-11-03T09:15:00Z\r\n"
_OBJECT = {
    "EmailAddress": "mari@example.com",
    "SuppressionReason": "HardBounce",
    "Origin": "Recipient",
    "CreatedAt": "2026-11-03T09:15:00Z",
}
_BODY = {
    "required": True,
    "content": {
        _CSV: {**_TEXT, "example": _EXAMPLE},
        "text/plain": {**_TEXT, "example": "mari@example.com\n*.example.org\n"},
        _NDJSON: {**_TEXT, "example": '{"email": "mari@example.com"}\n'},
        "application/json": {
            "schema": {"type": "array", "items": {"type": "object"}},
            "example": [_OBJECT],
        },
        _FORM: {
            "schema": {
                "type": "object",
                "properties": {"file": {"type": "string", "format": "binary"}},
                "required": ["file"],
            }
        },
    },
}
_ANSWER = {
    "description": "Every block that stands. A stream that breaks off is not the whole list",
    "content": {_CSV: _TEXT, _NDJSON: _TEXT},
}


@blp.post("/imports")
@requires("suppressions:write")
@idempotency.not_needed
@body_limit(MAX_BODY)
@blp.doc(requestBody=_BODY)
@blp.arguments(ImportOptions, location="query")
@blp.response(200, ListResult)
def import_list(options: dict[str, Any]) -> dict[str, Any]:
    """Block every address, domain and hashed address of a list; lift and weaken nothing.

    Recognized are plain lists (one a line, or with a header), SHA-256 and MD5 hashes of normalized
    addresses, our own export, and the exports of SendGrid, Mailgun, SES, Postmark, Mailchimp and
    listmonk, as CSV, NDJSON or JSON. The same list again changes nothing. In a form, the options
    may be fields as well.
    """
    settings: Settings = current_app.extensions["crm.settings"]
    caller = principal()
    with tempfile.NamedTemporaryFile() as file:
        filename = _receive(file.file, options)
        file.flush()
        order = Request(
            source=FileSource(Path(file.name)),
            filename=filename,
            scope=options.get("scope", "marketing"),
            topic=options.get("topic"),
            reason=options.get("reason"),
            encoding=request.mimetype_params.get("charset"),
            dry_run=options.get("dry_run", False),
        )
        with service.connect(settings) as connection:
            result = import_suppressions(
                connection,
                caller.controller_id,
                order,
                pepper=settings.keyring.pepper(caller.controller_id),
                actor=caller.actor,
            )
    return _told(result, dry_run=order.dry_run)


def _receive(file: IO[bytes], options: dict[str, Any]) -> str:
    """Write the list that was sent to ``file``; return the name that it was sent with."""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Problem(415, "unsupported_media_type", "compressed bodies are not accepted")
    if request.mimetype == _FORM:
        return _receive_form(file, options)
    if request.mimetype not in _TEXTS:
        accepted = ", ".join(sorted({_FORM, *_TEXTS}))
        raise Problem(415, "unsupported_media_type", f"send one of: {accepted}")
    body = io.BytesIO(request.get_data()) if request.is_json else request.stream
    shutil.copyfileobj(body, file)
    return ""


def _receive_form(file: IO[bytes], options: dict[str, Any]) -> str:
    options |= _form_options()
    if set(request.files) != {"file"}:
        raise Invalid("send one file, in the field 'file'", errors={"file": ["must be given once"]})
    sent = request.files["file"]
    shutil.copyfileobj(sent.stream, file)
    return sent.filename or ""


def _form_options() -> dict[str, Any]:
    given = request.form.to_dict()
    problems = ImportOptions().validate(given)
    if problems:
        raise Invalid("the form does not fit its schema; see errors", errors=flatten(problems))
    options: dict[str, Any] = ImportOptions().load(given)
    return options


def _told(result: Result, *, dry_run: bool) -> dict[str, Any]:
    return {
        "id": result.id,
        "format": result.layout.name,
        "dry_run": dry_run,
        "counts": {
            "rows": result.rows,
            **{name: result.outcomes[name] for name in OUTCOMES},
            "matched": result.matched,
        },
        "problems": [{"row": row, "code": code} for row, code in result.problems],
        "problems_omitted": result.outcomes["rejected"] - len(result.problems),
    }


@blp.get("/export")
@requires("suppressions:read")
@blp.doc(responses={"200": _ANSWER})
@blp.arguments(ExportQuery, location="query")
def export_list(query: dict[str, Any]) -> Response:
    """Hand out every block that stands: keys, domains and hashes, with plain addresses where known.

    Imported into the same controller it changes nothing. Another one takes what has an address, a
    domain or a hash, and names the rows of which only the key is known.
    """
    settings: Settings = current_app.extensions["crm.settings"]
    caller = principal()
    lines = suppression_exporting.export(
        streaming.connecting(caller.controller_id),
        caller.controller_id,
        format_=query["format"],
        pepper=settings.keyring.pepper(caller.controller_id),
        actor=caller.actor,
    )
    answer = Response(streaming.answering(lines), mimetype=_TYPES[query["format"]])
    name = f"suppressions.{query['format']}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
