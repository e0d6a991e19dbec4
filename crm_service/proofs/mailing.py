"""The worker's duty to mail one-time links, after the commit that asked for them.

Each attempt is leased in the database before it begins, so that two workers do not send one mail
twice, and what fails is due again later and later. Once the link has expired, was used, or nobody
bears the address any more, it is given up.
"""

import smtplib
from threading import Event
from typing import Any, Final

import structlog

from crm_service.config import Settings
from crm_service.db import Connection
from crm_service.proofs import letters, tokens
from crm_service.proofs.letters import Letter
from crm_service.proofs.posting import PostOffice, Rejected
from crm_service.proofs.tokens import Reference

log = structlog.get_logger()

POLL_SECONDS: Final = 1.0

_GIVE_UP_LATE: Final = """
UPDATE address_proofs SET mail_state = 'given_up', mail_due_at = NULL
WHERE mail_state = 'due' AND (expires_at <= now() OR used_at IS NOT NULL)
"""

#: At most one, due again after the backoff unless it is settled: 1 minute, 2, 4 … 15.
_LEASE: Final = """
WITH due AS (
    SELECT id FROM address_proofs
    WHERE mail_state = 'due' AND mail_due_at <= now() AND expires_at > now() AND used_at IS NULL
    ORDER BY mail_due_at LIMIT 1 FOR UPDATE SKIP LOCKED
),
leased AS (
    UPDATE address_proofs p
    SET mail_tries = p.mail_tries + 1,
        mail_due_at = now() + least(60 * 2 ^ least(p.mail_tries, 4), 900) * interval '1 second'
    FROM due WHERE p.id = due.id
    RETURNING p.id, p.controller_id, p.address_key, p.purpose, p.language, p.expires_at, p.mail
)
SELECT l.id, c.link_ref, l.purpose, l.language, l.expires_at, l.mail, person.email
FROM leased l
JOIN controllers c ON c.id = l.controller_id
LEFT JOIN contacts person ON person.controller_id = l.controller_id
    AND person.email_key = l.address_key
"""

_SETTLE: Final = """
UPDATE address_proofs SET mail_state = %s, mail_due_at = NULL WHERE id = %s AND mail_state = 'due'
"""


def mail_proofs(settings: Settings, connection: Connection, stop: Event) -> None:
    """Mail what is due until ``stop`` is set. ``connection`` commits each statement (as worker)."""
    while not stop.is_set():
        mail_due(settings, connection, stop)
        stop.wait(POLL_SECONDS)


def mail_due(settings: Settings, connection: Connection, stop: Event) -> int:
    """Try everything that is due once; return how many mails were sent."""
    sent = 0
    connection.execute(_GIVE_UP_LATE)
    with PostOffice(settings.smtp_url or "") as office:
        while not stop.is_set():
            row = connection.execute(_LEASE).fetchone()
            if row is None:
                break
            try:
                state = _mail_one(settings, office, row)
            except (OSError, smtplib.SMTPException) as error:
                _warn(error)
                break
            connection.execute(_SETTLE, (state, row[0]))
            sent += state == "sent"
    return sent


def _mail_one(settings: Settings, office: PostOffice, row: Any) -> str:
    proof_id, link_ref, purpose, language, expires_at, mail, email = row
    if email is None:
        return "given_up"
    token = tokens.sign(settings.keyring, Reference(link_ref, proof_id))
    letter = Letter(
        proof_id=proof_id,
        purpose=purpose,
        language=language,
        expires_at=expires_at,
        mail=mail,
        email=email,
        url=tokens.url(settings.public_url, token),
    )
    try:
        office.send(letters.write(letter))
    except (Rejected, ValueError) as error:
        _warn(error)
        return "given_up"
    return "sent"


def _warn(error: Exception) -> None:
    """Say that a mail did not go out, by class and reply code: replies repeat addresses."""
    code = getattr(error, "code", None) or getattr(error, "smtp_code", None)
    log.warning("proof_not_mailed", error=type(error).__name__, status=code)
