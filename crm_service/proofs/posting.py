"""Handing a mail to the operator's mail server (RFC 5321, RFC 6409)."""

import smtplib
import ssl
from email.message import EmailMessage
from types import TracebackType
from typing import Final
from urllib.parse import unquote, urlsplit

_SECONDS: Final = 15
_PORTS: Final = {"smtp": 587, "smtps": 465}
_PERMANENT: Final = range(500, 600)


class Rejected(Exception):
    """The server will never take this mail: another attempt is of no use. ``code``: its reply."""

    def __init__(self, code: int) -> None:
        super().__init__(f"rejected with {code}")
        self.code = code


class PostOffice:
    """One connection to the server at ``url``, opened by the first mail.

    ``smtp://user:password@host:587`` turns to TLS where the server offers it, and then insists on a
    valid certificate; ``smtps://`` begins with TLS. A password is never sent in clear.
    """

    def __init__(self, url: str) -> None:
        self._parts = urlsplit(url)
        self._server: smtplib.SMTP | None = None

    def __enter__(self) -> "PostOffice":
        """Return itself; nothing is opened yet."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connection without a farewell: its failure is no reason to send again."""
        if self._server is not None:
            self._server.close()

    def send(self, message: EmailMessage) -> None:
        """Send one mail.

        Raises ``Rejected``; ``OSError`` or ``smtplib.SMTPException`` for what may pass.
        """
        server = self._server or self._connect()
        self._server = server
        try:
            server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            code = max(reply[0] for reply in error.recipients.values())
            if code in _PERMANENT:
                raise Rejected(code) from None
            raise
        except smtplib.SMTPDataError as error:
            if error.smtp_code in _PERMANENT:
                raise Rejected(error.smtp_code) from None
            raise

    def _connect(self) -> smtplib.SMTP:
        host, scheme = self._parts.hostname or "", self._parts.scheme
        port = self._parts.port or _PORTS[scheme]
        context = ssl.create_default_context()
        if scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=_SECONDS, context=context)
        else:
            server = smtplib.SMTP(host, port, timeout=_SECONDS)
        try:
            self._introduce(server, context)
        except BaseException:
            server.close()
            raise
        return server

    def _introduce(self, server: smtplib.SMTP, context: ssl.SSLContext) -> None:
        server.ehlo()
        is_private = self._parts.scheme == "smtps"
        if not is_private and server.has_extn("starttls"):
            server.starttls(context=context)
            server.ehlo()
            is_private = True
        if self._parts.username:
            if not is_private:
                raise smtplib.SMTPException("the server offers no TLS: no password is sent to it")
            server.login(unquote(self._parts.username), unquote(self._parts.password or ""))
