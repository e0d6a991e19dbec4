"""``python -m crm_service`` is ``crm-service``."""

from crm_service.cli import main

main()
