"""HTTP for eligibility checks: JSON up to 10,000 addresses, NDJSON without end."""

import uuid
from dataclasses import replace
from functools import partial

import orjson
from flask import Response, current_app, request, stream_with_context

from crm_service.db import Connection, pipeline
from crm_service.eligibility import asking, checking, streaming
from crm_service.eligibility.asking import Check
from crm_service.eligibility.checking import Caller
from crm_service.eligibility.schemas import Decision, NewCheck, StreamQuery
from crm_service.eligibility.service import Question
from crm_service.errors import Invalid
from crm_service.policies import service as policies
from crm_service.policies.document import Policy
from crm_service.web import idempotency
from crm_service.web.auth import principal, requires
from crm_service.web.blueprint import Blueprint
from crm_service.web.parser import body, require_media_type
from crm_service.web.requests import body_limit

blp = Blueprint("eligibility", __name__, url_prefix="/v1", description="Whom you may mail")

NDJSON = "application/x-ndjson"
#: Where a stream, whose lines hold verdicts alone, tells its decision id.
DECISION_HEADER = "X-Decision-Id"
_EXAMPLE = '"person@example.com"\n{"email": "other@example.org"}\n'


@blp.post("/eligibility-checks")
@requires("eligibility:check")
@idempotency.only_reads
@body_limit(None)
@blp.response(200, Decision)
@blp.doc(
    requestBody={
        "required": True,
        "content": {
            "application/json": {"schema": NewCheck},
            NDJSON: {"schema": {"type": "string"}, "example": _EXAMPLE},
        },
    }
)
@blp.arguments(StreamQuery, location="query", as_kwargs=True)
def check_eligibility(**query: str) -> Response:
    """Tell for each address whether the message may go out now, and if not, every reason why.

    JSON takes up to 10,000 addresses. `application/x-ndjson` takes any number, one JSON string or
    object with `email` a line, with the question in the query string, and streams one result a
    line; the decision id is in the header `X-Decision-Id`. An address that is no address is a
    result (`invalid_address`), not an error of the call.
    """
    if request.mimetype == NDJSON:
        return _stream(query)
    if query:
        raise Invalid("with a JSON body the question stands in the body", code="invalid_request")
    check = asking.read(_small_body())
    caller = _caller()
    decision_id = uuid.uuid4()
    with pipeline(caller.controller_id) as connection:
        policy = _policy(connection, caller)
        question = checking.prepare(connection, caller, policy, check)
        results = checking.answer(connection, caller, question, check)
        text, digest = checking.digest(results)
        eligible = sum(result["eligible"] for result in results)
        checking.record(
            connection,
            caller,
            question,
            check,
            asked=len(results),
            eligible=eligible,
            results_sha256=digest,
            decision_id=decision_id,
        )
    return _answer(decision_id, question, len(results), eligible, text)


def _small_body() -> dict[str, object]:
    request.max_content_length = asking.MAX_BODY
    return body()


def _caller() -> Caller:
    settings = current_app.extensions["crm.settings"]
    who = principal()
    return Caller(
        who.controller_id,
        who.actor,
        settings.keyring,
        settings.public_url,
        settings.inbound_mail_domain,
    )


def _policy(connection: Connection, caller: Caller) -> Policy:
    return policies.at_version(connection, caller.controller_id, principal().policy_version)


def _answer(
    decision_id: uuid.UUID, question: Question, asked: int, eligible: int, results: bytes
) -> Response:
    facts = {
        "decision_id": decision_id,
        "policy_version": question.policy.version,
        "checked_at": question.now,
        "counts": {"eligible": eligible, "ineligible": asked - eligible},
        "results": orjson.Fragment(results),
    }
    text = orjson.dumps(facts, option=orjson.OPT_UTC_Z)
    return Response(text, mimetype="application/json")


def _stream(query: dict[str, str]) -> Response:
    require_media_type(request, NDJSON)
    named = query.pop("include", "")
    include = named.split(",") if named else []
    check: Check = asking.read({**query, "include": include, "emails": ["-"]})
    if check.channel in {"sms", "phone"}:
        check = replace(check, name="phone", asked=[])
    caller = _caller()
    # Problems of the question are told before the first line: afterwards the status is sent.
    with pipeline(caller.controller_id) as connection:
        policy = _policy(connection, caller)
        question = checking.prepare(connection, caller, policy, check)
    decision_id = uuid.uuid4()
    lines = streaming.verdict_lines(
        streaming.read_lines(request.stream.read),
        caller,
        policy,
        check,
        question,
        partial(pipeline, caller.controller_id),
        decision_id,
    )
    headers = {DECISION_HEADER: str(decision_id)}
    return Response(stream_with_context(lines), mimetype=NDJSON, headers=headers)
