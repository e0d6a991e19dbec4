"""The mail that carries a one-time link: the link and nothing else about the person (clause no-06).

In the person's language, as plain text and simple HTML. It loads nothing and counts nothing.
"""

import gettext
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from markupsafe import Markup

from crm_service.addresses import normalize_email
from crm_service.clock import utcnow
from crm_service.pages.languages import SOURCE, supported

#: Days before months, as everybody in Europe reads them.
_LOCALES: Final = {"en": "en_GB"}
_TRANSLATIONS: Final = Path(__file__).parent / "translations"

Translate = Callable[[str], str]

_HTML: Final = Markup("""\
<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><title>{subject}</title></head>
<body style="font:16px/1.6 system-ui,sans-serif;margin:0 auto;max-width:36rem;padding:1.5rem">
<p>{hello}</p>
<p>{request}</p>
<p><a href="{url}">{url}</a></p>
<p>{validity}</p>
<p>{otherwise}</p>
<p>{sender}</p>
</body></html>
""")


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What a mail is made from. ``mail`` says who it comes from (``service.request`` stored it)."""

    proof_id: uuid.UUID
    purpose: str
    language: str | None
    expires_at: datetime
    mail: Mapping[str, Any]
    email: str
    url: str


def write(letter: Letter) -> EmailMessage:
    """Return the mail. Raises ``ValueError`` for an address that no header can hold."""
    language = supported(letter.language) or supported(letter.mail["language"]) or SOURCE
    texts = _texts(letter, language)
    message = EmailMessage(policy=SMTP if letter.email.isascii() else SMTPUTF8)
    sender = Address(texts["sender"], addr_spec=letter.mail["sender"])
    message["From"] = sender
    message["To"] = _addressee(letter.email)
    if letter.mail.get("reply_to"):
        message["Reply-To"] = Address(addr_spec=letter.mail["reply_to"])
    message["Subject"] = texts["subject"]
    message["Date"] = format_datetime(utcnow())
    # The same at every attempt: a mail that was sent twice is shown once.
    message["Message-ID"] = f"<{letter.proof_id}@{sender.domain}>"
    # RFC 3834: nobody's absence is to be answered to this.
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message["Content-Language"] = language
    message.set_content(_plain(texts))
    html = _HTML.format(language=language, **texts)
    message.add_alternative(str(html), subtype="html")
    return message


def _addressee(email: str) -> Address:
    local = email.strip().rpartition("@")[0]
    return Address(username=local, domain=normalize_email(email).rpartition("@")[2])


def _texts(letter: Letter, language: str) -> dict[str, str]:
    _ = _catalog(language)
    sender = " ".join(str(letter.mail["name"]).split())
    subject, request = _said(_, letter.purpose)
    return {
        "subject": subject % {"sender": sender},
        "hello": _("Hello,"),
        "request": request % {"sender": sender},
        "url": letter.url,
        "validity": _("The link works once, until %(moment)s.")
        % {"moment": _moment(letter, language)},
        "otherwise": _("If this was not you, you need not do anything: nothing will happen."),
        "sender": sender,
    }


def _said(_: Translate, purpose: str) -> tuple[str, str]:
    if purpose == "confirm_subscription":
        return (
            _("Please confirm: messages from %(sender)s"),
            _(
                "Somebody, most likely you, asked for messages from %(sender)s to this address. To "
                "confirm, open this page and press its button:"
            ),
        )
    if purpose == "preferences":
        return (
            _("Please confirm your choices: %(sender)s"),
            _(
                "Somebody, most likely you, chose to get more messages from %(sender)s at this "
                "address. To confirm, open this page and press its button:"
            ),
        )
    if purpose == "package":
        return _said_of_package(_)
    return (
        _("Your request to %(sender)s"),
        _(
            "Somebody, most likely you, turned to %(sender)s about the data held on the owner of "
            "this address. To go on, open this page:"
        ),
    )


def _said_of_package(_: Translate) -> tuple[str, str]:
    return (
        _("Your data from %(sender)s"),
        _(
            "The data that you asked %(sender)s for are ready. To download them, open this page "
            "and press its button:"
        ),
    )


def _moment(letter: Letter, language: str) -> str:
    zone = ZoneInfo(letter.mail["timezone"])
    until = letter.expires_at.astimezone(zone)
    # Abbreviated months read right in any case of the languages that decline them.
    locale = _LOCALES.get(language, language)
    day = format_date(until, "medium", locale=locale)
    return f"{day}, {format_time(until, 'HH:mm O', tzinfo=zone, locale=locale)}"


def _plain(texts: Mapping[str, str]) -> str:
    parts = ("hello", "request", "url", "validity", "otherwise", "sender")
    return "\n\n".join(texts[part] for part in parts) + "\n"


@cache
def _catalog(language: str) -> Translate:
    found = gettext.translation("messages", _TRANSLATIONS, [language], fallback=language == SOURCE)
    return found.gettext
