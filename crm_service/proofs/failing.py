"""Failures as people read them: words on a page instead of problem details."""

from collections.abc import Callable
from http import HTTPStatus

import psycopg
import structlog
from flask import Blueprint, Response
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from crm_service.proofs import refusals
from crm_service.web.problems import Problem

log = structlog.get_logger(__name__)

#: Makes the page that asks to try again; takes 503 for what passes, 500 for a defect.
TryAgain = Callable[[int], Response]


def in_words(blueprint: Blueprint, try_again: TryAgain) -> None:
    """Answer what fails under ``blueprint`` with pages; what a form got wrong is its own to say.

    429 with the seconds to wait; ``try_again`` with 503 while the database cannot be asked, or may
    not be after a restore, since it is not known then that a choice was stored (rule 11), and with
    500 for a defect of ours.
    """

    def passing(error: Exception) -> Response:
        log.warning("recipient_not_served", exc_info=error)
        return try_again(HTTPStatus.SERVICE_UNAVAILABLE)

    def failed(error: Exception) -> Response | HTTPException:
        if isinstance(error, HTTPException):
            return error
        if isinstance(error, Problem) and error.status == HTTPStatus.TOO_MANY_REQUESTS:
            return refusals.too_many(error)
        if isinstance(error, Problem) and error.status == HTTPStatus.SERVICE_UNAVAILABLE:
            return try_again(error.status)
        log.error("recipient_not_served", exc_info=error)
        return try_again(HTTPStatus.INTERNAL_SERVER_ERROR)

    for passes in (psycopg.Error, SQLAlchemyError):
        blueprint.register_error_handler(passes, passing)
    blueprint.register_error_handler(Exception, failed)
