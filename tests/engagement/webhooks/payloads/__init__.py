"""What providers document that they send, with addresses of examples; and what it means.

Each case: a name, the payload of one event, and every field of its normalized event that is set
(``raw``, ``source`` and the recipient ``mari@example.com`` go without saying).
"""

from typing import Any

Case = tuple[str, Any, dict[str, Any]]

EMAIL = "mari@example.com"
