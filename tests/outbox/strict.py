"""The published schemas, applied without the leniency that consumers are asked for."""

import copy
import json
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator, FormatChecker

from crm_service.outbox.contract import SCHEMAS

ROOT = Path(__file__).parent.parent.parent


def problems(body: dict[str, Any]) -> list[str]:
    """Return what the schema of its type does not know or does not like about an event."""
    schema = json.loads((ROOT / SCHEMAS / f"{body['type']}.json").read_text())
    strict = copy.deepcopy(schema)
    strict["additionalProperties"] = False
    strict["properties"]["data"]["additionalProperties"] = False
    found = Draft7Validator(strict, format_checker=FormatChecker()).iter_errors(body)
    return [f"{body['type']}: {problem.json_path} {problem.message}" for problem in found]
