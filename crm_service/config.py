"""Settings: read once from the environment, checked at start, never changed afterwards."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from environs import EnvError, FileAwareEnv
from marshmallow import ValidationError
from marshmallow.validate import OneOf, Range

from crm_service.errors import ConfigurationError
from crm_service.keyring import Keyring

#: Every setting and what it means. A test holds ``deploy/example.env`` against it.
SETTINGS: dict[str, str] = {
    "DATABASE_URL": "service login of PostgreSQL (15 or later)",
    "DATABASE_ADMIN_URL": "owner login, for migrations; DATABASE_URL when unset",
    "DATABASE_WORKER_URL": "login of the worker; the owner's login with SET ROLE when unset",
    "AMQP_URL": "RabbitMQ, several separated by commas; events wait in the outbox when unset",
    "KEYRING": "the keyring as JSON text; the file keyring.json in CRM_DATA_DIR when unset",
    "SMTP_URL": "mail server for one-time links; the controllers' own mailers send them when unset",
    "MAIL_FROM": "address that one-time links are mailed from, unless the policy names one",
    "PUBLIC_URL": "what recipients' links begin with; https:// in production",
    "INBOUND_MAIL_DOMAIN": "domain whose mail `crm-service mail ingest` reads; none when unset",
    "OPERATOR_ON_REQUEST": "whether operators act in a controller's data on its request alone",
    "HOST": "address that the web server binds",
    "PORT": "port that the web server binds",
    "TRUSTED_PROXIES": "how many proxies of ours append to X-Forwarded-For",
    "WEB_CONCURRENCY": "web processes",
    "WEB_THREADS": "threads a web process",
    "IMPORT_MAX_MB": "the largest file of contacts that may be uploaded, in megabytes",
    "EVENT_LOG_MONTHS": "how long events stay in the log for readers and replays; 0 is for ever",
    "LOG_LEVEL": "DEBUG, INFO, WARNING or ERROR",
    "JOURNAL_PATH": "folder of the journal of erasures and refusals; none is kept when unset",
    "CRM_DATA_DIR": "folder of the embedded database and of the keyring",
}


_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
#: Short enough for a local part of 64 octets before it (RFC 5321 section 4.5.3.1.3).
_DOMAIN = re.compile(rf"(?=.{{1,180}}\Z)(?:{_LABEL}\.)+[A-Za-z]{{2,63}}")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the environment decides. Secrets are kept out of ``repr``."""

    database_url: str = field(repr=False)
    admin_url: str = field(repr=False)
    worker_url: str = field(repr=False)
    amqp_urls: tuple[str, ...] = field(default=(), repr=False)
    smtp_url: str | None = field(default=None, repr=False)
    mail_from: str | None = None
    keyring: Keyring = field(repr=False)
    public_url: str = "http://localhost:8000"
    inbound_mail_domain: str | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    trusted_proxies: int = 0
    web_concurrency: int = 2
    web_threads: int = 4
    import_max_mb: int = 512
    event_log_months: int = 13
    log_level: str = "INFO"
    data_dir: Path = Path("var")
    journal_path: Path | None = None
    operator_on_request: bool = False


def data_dir() -> Path:
    """Return the folder that holds the embedded database and the keyring (``CRM_DATA_DIR``)."""
    return Path(os.environ.get("CRM_DATA_DIR") or "var").absolute()


def load_settings() -> Settings:
    """Read the settings from the environment; each may come from a file named by ``*_FILE``.

    Raises ``ConfigurationError`` naming every setting that is missing or wrong at once.
    """
    _require_files()
    env = FileAwareEnv(eager=False)
    reached = _reached(env)
    serving = _serving(env)
    mailing = _mailing(env)
    public_url = env.str("PUBLIC_URL", None, validate=_is_public)
    journal_path = env.str("JOURNAL_PATH", None)
    keyring_json = env.str("KEYRING", None)
    on_request = bool(env.bool("OPERATOR_ON_REQUEST", False))
    try:
        env.seal()
    except EnvError as error:
        raise ConfigurationError(f"settings: {error}") from None
    if mailing["smtp_url"] and not mailing["mail_from"]:
        raise ConfigurationError("settings: SMTP_URL needs MAIL_FROM, the address to write from")
    return Settings(
        **reached,
        **mailing,
        **serving,
        keyring=_keyring(keyring_json),
        public_url=(public_url or f"http://localhost:{serving['port']}").rstrip("/"),
        data_dir=data_dir(),
        operator_on_request=on_request,
        journal_path=Path(journal_path).absolute() if journal_path else None,
    )


def _require_files() -> None:
    """Name every ``*_FILE`` that cannot be read, before one of them is."""
    said = []
    for name in SETTINGS:
        path = os.environ.get(f"{name}_FILE")
        try:
            if path:
                Path(path).read_text()
        except OSError as error:
            said.append(f"{name}_FILE: {path} cannot be read ({error.strerror})")
        except UnicodeDecodeError:
            said.append(f"{name}_FILE: {path} is no text in UTF-8")
    if said:
        raise ConfigurationError(f"settings: {'; '.join(said)}")


def _reached(env: FileAwareEnv) -> dict[str, Any]:
    """Return how the service reaches others: databases and brokers."""
    database_url = env.str("DATABASE_URL", validate=_is_postgres) or ""
    admin_url = env.str("DATABASE_ADMIN_URL", None, validate=_is_postgres)
    worker_url = env.str("DATABASE_WORKER_URL", None, validate=_is_postgres)
    amqp_urls: list[str] = env.list("AMQP_URL", [], validate=_are_amqp) or []
    return {
        "database_url": libpq_url(database_url),
        "admin_url": libpq_url(admin_url or database_url),
        "worker_url": libpq_url(worker_url or admin_url or database_url),
        "amqp_urls": tuple(url.strip() for url in amqp_urls if url.strip()),
    }


def _mailing(env: FileAwareEnv) -> dict[str, Any]:
    """Return how one-time links are mailed, if they are, and where mail comes back to."""
    domain = env.str("INBOUND_MAIL_DOMAIN", None, validate=_is_domain)
    return {
        "inbound_mail_domain": domain.lower() if domain else None,
        "smtp_url": env.str("SMTP_URL", None, validate=_is_smtp) or None,
        "mail_from": env.str("MAIL_FROM", None, validate=_is_address) or None,
    }


def _serving(env: FileAwareEnv) -> dict[str, Any]:
    """Return how the web processes run."""
    levels = ["DEBUG", "INFO", "WARNING", "ERROR"]
    return {
        "host": env.str("HOST", "127.0.0.1"),
        "port": env.int("PORT", 8000, validate=Range(1, 65535)),
        "trusted_proxies": env.int("TRUSTED_PROXIES", 0, validate=Range(0, 16)),
        "web_concurrency": env.int("WEB_CONCURRENCY", 2, validate=Range(1, 512)),
        "web_threads": env.int("WEB_THREADS", 4, validate=Range(1, 256)),
        "import_max_mb": env.int("IMPORT_MAX_MB", 512, validate=Range(1, 10_240)),
        "event_log_months": env.int("EVENT_LOG_MONTHS", 13, validate=Range(0, 1200)),
        "log_level": env.str("LOG_LEVEL", "INFO", validate=OneOf(levels)),
    }


def libpq_url(url: str) -> str:
    """Return the URL as libpq knows it: ``postgresql://``, without an SQLAlchemy driver name."""
    scheme, separator, rest = url.partition("://")
    return f"postgresql{separator}{rest}" if scheme.startswith("postgres") else url


def _keyring(text: str | None) -> Keyring:
    if text:
        return _read_keyring(text, "KEYRING_FILE" if os.environ.get("KEYRING_FILE") else "KEYRING")
    path = data_dir() / "keyring.json"
    if not path.is_file():
        raise ConfigurationError(
            f"settings: no keyring: set KEYRING or KEYRING_FILE, or put one at {path} "
            "(`crm-service keyring create` writes a new one; an existing database needs its own)"
        )
    return _read_keyring(path.read_text(), str(path))


def _read_keyring(text: str, source: str) -> Keyring:
    try:
        return Keyring.from_json(text)
    except ConfigurationError as error:
        raise ConfigurationError(
            f"settings: {source}: {error} (`crm-service keyring create` writes a new one; an "
            "existing database needs its own)"
        ) from None


def _parts(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        raise ValidationError("is not a URL: look at its brackets") from None


def _is_postgres(url: str) -> None:
    if not _parts(url).scheme.startswith("postgres"):
        raise ValidationError("must be a postgresql:// URL: only PostgreSQL 15 or later is used")


def _are_amqp(urls: list[str]) -> None:
    if any(_parts(url.strip()).scheme not in {"amqp", "amqps"} for url in urls if url.strip()):
        raise ValidationError("must be amqp:// or amqps:// URLs, separated by commas")


def _is_smtp(url: str) -> None:
    parts = _parts(url)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ValidationError("must be an smtp:// or smtps:// URL")


def _is_address(text: str) -> None:
    local, at, domain = text.partition("@")
    if not (local and at and domain) or not text.isascii() or not text.isprintable():
        raise ValidationError("must be one e-mail address, such as noreply@example.com")


def _is_domain(name: str) -> None:
    if not _DOMAIN.fullmatch(name):
        raise ValidationError("must be a domain such as in.example.com")


def _is_public(url: str) -> None:
    parts = _parts(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.query or parts.fragment:
        raise ValidationError("must be an http(s):// URL without query or fragment")
