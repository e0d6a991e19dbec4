"""What the page of a click asks afterwards; nothing here is needed to leave (rule 12).

Both views take what only that page holds: the proof of its click. Neither changes what was left.
"""

from flask import Response, request

from crm_service.unsubscribe import forms, pages, reasons, service
from crm_service.unsubscribe.public_routes import blp
from crm_service.unsubscribe.reaching import canonical, proven, reached
from crm_service.web.auth import public
from crm_service.web.requests import body_limit

__all__ = ["blp"]


@blp.post("/u/<token>/reason")
@public
@body_limit(forms.BODY_LIMIT)
def answer(token: str) -> Response:
    """Keep why somebody left, once a click, for 30 minutes after it."""
    fields = forms.read(request)
    controller_id, link = reached(token)
    proof = fields.get("proof", "")
    correlation = proven(link, proof)
    said = reasons.read(fields.get("reason", ""), fields.get("comment", ""))
    view = service.describe(controller_id, link)
    if correlation and said:
        reasons.keep(controller_id, link, said, correlation=correlation)
    has_answered = bool(correlation and said)
    return pages.result(
        canonical(link), view, proof if correlation else None, has_answered=has_answered
    )


@blp.post("/u/<token>/result")
@public
@body_limit(forms.BODY_LIMIT)
def show_again(token: str) -> Response:
    """Show the page of a click again, in another language; changes nothing."""
    fields = forms.read(request)
    controller_id, link = reached(token)
    proof = fields.get("proof", "")
    view = service.describe(controller_id, link)
    kept = proof if proven(link, proof) else None
    return pages.result(canonical(link), view, kept, has_answered="answered" in fields)
