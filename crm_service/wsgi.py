"""Entry of gunicorn: ``crm_service.wsgi:app``."""

from crm_service.app import create_app

app = create_app()
