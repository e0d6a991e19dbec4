"""The worker's part: handing sign-ups on, where nobody can measure how long that takes."""

from collections.abc import Callable
from threading import Event

import psycopg
import structlog
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from crm_service.config import Settings
from crm_service.db import Connection, transaction
from crm_service.errors import DomainError
from crm_service.proofs.service import Handing
from crm_service.subscriptions import repository, service

POLL_SECONDS = 0.5

log = structlog.get_logger(__name__)


def work(
    connection: Connection, stop: Event, *, make_app: Callable[[], Flask], settings: Settings
) -> None:
    """Hand sign-ups on until ``stop`` is set.

    ``connection`` acts as the worker and finds what is due; each sign-up is a transaction of its
    own, as the service, for its controller alone. The application is made for the first of them.
    """
    app: Flask | None = None
    while not stop.is_set():
        if connection.execute(repository.DUE).fetchone() is not None:
            app = app or make_app()
            with app.app_context():
                hand_on_due(connection, settings)
        stop.wait(POLL_SECONDS)


def hand_on_due(connection: Connection, settings: Settings) -> int:
    """Hand on what is due, inside an application context; return how many were handed on."""
    connection.execute(repository.GIVE_UP)
    handing, done = Handing.by(settings), 0
    for controller_id, request_id in connection.execute(repository.DUE).fetchall():
        try:
            with transaction(controller_id) as session:
                done += service.hand_on(
                    session, controller_id, request_id, handing=handing, actor="worker"
                )
        except (psycopg.Error, SQLAlchemyError, DomainError) as error:
            log.warning("sign_up_postponed", error=type(error).__name__)
            connection.execute(repository.POSTPONE, (request_id,))
    return done
