"""Entry of gunicorn: ``crm_service.wsgi:app``."""

from crm_service.app import create_app
from crm_service.config import load_settings
from crm_service.errors import ConfigurationError
from crm_service.startup import verify_keyring

try:
    settings = load_settings()
    verify_keyring(settings)
    app = create_app(settings)
except ConfigurationError as error:
    raise SystemExit(f"crm-service: {error}") from None
