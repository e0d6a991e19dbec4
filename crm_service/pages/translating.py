"""Catalogs: every room brings its own, Flask-Babel reads them all as one."""

from functools import cache
from pathlib import Path
from typing import Final

from babel import Locale
from flask import Flask
from flask_babel import Babel

from crm_service.pages.languages import SOURCE

#: Where rooms keep what they say: ``<room>/translations/<language>/LC_MESSAGES/messages.po``.
ROOMS: Final = Path(__file__).parent.parent
FOLDER: Final = "translations"


def rooms() -> list[Path]:
    """Return the folders of the rooms that have catalogs, by name."""
    return sorted(folder.parent for folder in ROOMS.glob(f"*/{FOLDER}"))


def install(app: Flask) -> None:
    """Let templates and code of ``app`` say ``_()``, ``ngettext()`` and ``pgettext()``."""
    directories = ";".join(str(room / FOLDER) for room in rooms())
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    Babel(app, default_locale=SOURCE, default_translation_directories=directories)


@cache
def locale(language: str) -> Locale:
    """Return what Babel knows of a language: formats of dates and numbers, direction, plurals."""
    return Locale.parse(language)
