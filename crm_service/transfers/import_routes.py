"""HTTP for imports of contacts: a file in, a job to watch, a report out."""

import uuid
from typing import IO, Any, cast

from flask import Response, current_app, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.formparser import MultiPartParser

from crm_service.config import Settings
from crm_service.db import pipeline
from crm_service.errors import Invalid
from crm_service.transfers import import_schemas as shapes
from crm_service.transfers import receiving, report_reading, upload_jobs
from crm_service.transfers.receiving import Upload
from crm_service.transfers.upload_jobs import Import
from crm_service.transfers.upload_options import asked
from crm_service.web import idempotency, paging, streaming
from crm_service.web.auth import principal, requires
from crm_service.web.blueprint import Blueprint
from crm_service.web.problems import Problem, flatten
from crm_service.web.requests import body_limit

blp = Blueprint(
    "imports", __name__, url_prefix="/v1/imports", description="Files of contacts, and their jobs"
)

_FORM, _CSV = "multipart/form-data", "text/csv"
_MAX_FIELDS, _MAX_FIELD_BYTES = 100, 500_000
_TEXT: dict[str, Any] = {"schema": {"type": "string"}}
_EXAMPLE = (
    "Email,First Name,Topics,Legal Basis,Opt-in Time,Opt-in Source,Consent Text\r\n"
    "mari@example.com,Mari,news,consent,2026-11-03T09:15:00Z,webform /subscribe,newsletter v3\r\n"
)
_STRINGS = {"type": "array", "items": {"type": "string"}}
_BODY = {
    "required": True,
    "content": {
        _FORM: {
            "schema": {
                "type": "object",
                "properties": {
                    "file": {"type": "string", "format": "binary"},
                    "mapping": _STRINGS,
                    "update": _STRINGS,
                    "dry_run": {"type": "boolean"},
                    "encoding": {"type": "string"},
                    "delimiter": {"type": "string"},
                },
                "required": ["file"],
            }
        },
        _CSV: {**_TEXT, "example": _EXAMPLE},
    },
}
_REPORT = {
    "description": "The file's rows, each with its number, outcome, reason and warnings. "
    "Corrected, it can be imported again. A stream that breaks off is not the whole report",
    "content": {_CSV: _TEXT},
}
_ACCEPTED = {"Location": {"description": "the job", "schema": {"type": "string"}}}


@blp.post("")
@requires("imports:write")
@idempotency.not_needed
@body_limit(None)
@blp.doc(requestBody=_BODY)
@blp.arguments(shapes.ImportOptions, location="query")
@blp.response(202, shapes.ImportShape, headers=_ACCEPTED)
@blp.alt_response(409, response="Problem409")
def import_contacts(options: dict[str, Any]) -> ResponseReturnValue:
    """Take a CSV file and import it in the background; the job says how far it is.

    What makes the whole file unusable is said at once, and nothing of it is kept. The same file
    again, while it waits or is being imported, is the same job; afterwards it changes nothing.
    """
    caller = principal()
    connect = streaming.connecting(caller.controller_id)
    with receiving.receiving(connect, caller.controller_id) as upload:
        options = _receive(upload, options)
        received = upload.accept(asked(options), actor=caller.actor)
    with pipeline(caller.controller_id) as connection:
        found = upload_jobs.get(connection, caller.controller_id, received.id)
    return _told(found), 202, {"Location": f"/v1/imports/{received.id}"}


def _receive(upload: Upload, options: dict[str, Any]) -> dict[str, Any]:
    """Take the file that is sent; return how it is to be imported."""
    settings: Settings = current_app.extensions["crm.settings"]
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Problem(415, "unsupported_media_type", "compressed bodies are not accepted")
    if request.mimetype not in {_FORM, _CSV, "text/plain"}:
        raise Problem(415, "unsupported_media_type", f"send {_FORM} (with a file) or {_CSV}")
    request.max_content_length = settings.import_max_mb << 20
    try:
        return _read_form(upload) if request.mimetype == _FORM else _read_body(upload, options)
    except (ClientDisconnected, OSError):
        raise _broken_off() from None
    except RequestEntityTooLarge:
        raise Problem(
            413,
            "body_too_large",
            f"an upload has at most {settings.import_max_mb} MB (IMPORT_MAX_MB): send the file in "
            "parts, or import it by `crm-service import contacts`",
        ) from None


def _read_body(upload: Upload, options: dict[str, Any]) -> dict[str, Any]:
    while block := request.stream.read(1 << 16):
        upload.file.write(block)
    if request.content_length not in {None, upload.file.size}:
        raise _broken_off()
    if options["encoding"] is None:
        options["encoding"] = request.mimetype_params.get("charset")
    return options


def _read_form(upload: Upload) -> dict[str, Any]:
    taken: list[str | None] = []

    def take(
        total_content_length: int | None,  # noqa: ARG001 - what the parser calls it with
        content_type: str | None,  # noqa: ARG001 - as above
        filename: str | None,
        content_length: int | None = None,  # noqa: ARG001 - as above
    ) -> IO[bytes]:
        taken.append(filename)
        if len(taken) > 1:
            raise _one_file()
        return cast("IO[bytes]", upload.file)

    parser = MultiPartParser(
        stream_factory=take,
        max_form_memory_size=_MAX_FIELD_BYTES,
        max_form_parts=_MAX_FIELDS,
    )
    boundary = request.mimetype_params.get("boundary", "").encode()
    try:
        form, files = parser.parse(request.stream, boundary, request.content_length)
    except ValueError:
        raise _broken_off() from None
    if set(files) != {"file"}:
        raise _one_file()
    return _form_options(dict(form.lists()))


def _broken_off() -> Problem:
    return Problem(400, "incomplete_body", "the body ended before its end: send the file again")


def _one_file() -> Invalid:
    return Invalid("send one file, in the field 'file'", errors={"file": ["must be given once"]})


def _form_options(fields: dict[str, list[str]]) -> dict[str, Any]:
    repeatable = {"mapping", "update"}
    given = {name: texts if name in repeatable else texts[-1] for name, texts in fields.items()}
    schema = shapes.ImportOptions()
    problems = schema.validate(given)
    if problems:
        raise Invalid("the form does not fit its schema; see errors", errors=flatten(problems))
    options: dict[str, Any] = schema.load(given)
    return options


@blp.get("")
@requires("imports:read")
@blp.arguments(shapes.ImportQuery, location="query")
@blp.response(200, shapes.ImportPage)
def list_imports(query: dict[str, Any]) -> dict[str, Any]:
    """List the imports, the newest first, those by command included."""
    caller = principal()
    with pipeline(caller.controller_id) as connection:
        found = upload_jobs.page(
            connection,
            caller.controller_id,
            before=paging.after_moment(query["cursor"]),
            limit=query["limit"] + 1,
        )
    listed = [_told(one) for one in found]
    return paging.page(listed, query["limit"], lambda one: [one["created_at"], one["id"]])


@blp.get("/<uuid:import_id>")
@requires("imports:read")
@blp.response(200, shapes.ImportShape)
def get_import(import_id: uuid.UUID) -> dict[str, Any]:
    """Return one import: its state, and how far it is."""
    caller = principal()
    with pipeline(caller.controller_id) as connection:
        return _told(upload_jobs.get(connection, caller.controller_id, import_id))


@blp.get("/<uuid:import_id>/report")
@requires("imports:read")
@blp.doc(responses={"200": _REPORT})
@blp.alt_response(409, response="Problem409")
def get_report(import_id: uuid.UUID) -> Response:
    """Hand out every row with what became of it, for a week after the import is done."""
    caller = principal()
    lines = report_reading.stream(
        streaming.connecting(caller.controller_id),
        caller.controller_id,
        import_id,
        actor=caller.actor,
    )
    answer = Response(streaming.answering(lines), mimetype=_CSV)
    answer.headers["Content-Disposition"] = f'attachment; filename="import-{import_id}.csv"'
    return answer


def _told(found: Import) -> dict[str, Any]:
    counts = found.counts
    share = found.position / found.file_bytes if found.file_bytes else 0.0
    problem = {"code": found.problem_code, "detail": found.problem} if found.problem_code else None
    return {
        **vars(found),
        "notes": {name: values for name, values in found.notes.items() if values},
        "dry_run": found.options.get("dry_run", False),
        "file": {"bytes": found.file_bytes, "sha256": found.file_sha256.hex()},
        "rows": counts.get("rows", 0),
        "percent": round(100 * min(share, 1.0), 1),
        "counts": {name: counts.get(name, 0) for name in shapes.ImportCounts().fields},
        "reasons": counts.get("reasons", {}),
        "warnings": counts.get("warnings", {}),
        "problem": problem,
        "report_expires_at": found.report_expires_at,
    }
